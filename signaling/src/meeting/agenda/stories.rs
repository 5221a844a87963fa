//! Stories of the agenda.

use diemcau_protocol::{AgendaCommand, AgendaEvent, AgendaItem, Command, ErrorCode, Event, Role};

use crate::meeting::snapshot;
use crate::meeting::world::Meeting;

fn command(command: AgendaCommand) -> Command {
    Command::Agenda(command)
}

fn add(title: &str, minutes: Option<u32>) -> Command {
    command(AgendaCommand::Add {
        title: title.to_owned(),
        minutes,
        speakers: " Ông Nguyễn Văn Bình \n".to_owned(),
        documents: vec!["bao-cao.pdf".to_owned()],
    })
}

fn change(number: u32, title: &str, minutes: Option<u32>) -> Command {
    command(AgendaCommand::Change {
        number,
        title: title.to_owned(),
        minutes,
        speakers: String::new(),
        documents: Vec::new(),
    })
}

fn start(number: u32) -> Command {
    command(AgendaCommand::Start { number })
}

fn remove(number: u32) -> Command {
    command(AgendaCommand::Remove { number })
}

fn reorder(numbers: &[u32]) -> Command {
    command(AgendaCommand::Reorder {
        numbers: numbers.to_vec(),
    })
}

/// The secretary has put three items on the agenda, ten minutes each.
fn of_three_items() -> Meeting {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    for title in ["Khai mạc", "Báo cáo phòng chống bão", "Kết luận"] {
        meeting.commands("thư ký", add(title, Some(10))).unwrap();
    }
    meeting
}

fn items(meeting: &Meeting) -> Vec<AgendaItem> {
    snapshot(&meeting.state).procedure.agenda.items
}

fn order(meeting: &Meeting) -> Vec<u32> {
    items(meeting).iter().map(|item| item.number).collect()
}

#[test]
fn items_are_added_changed_put_in_order_and_removed() {
    let mut meeting = of_three_items();
    assert_eq!(order(&meeting), [1, 2, 3]);
    assert_eq!(items(&meeting)[0].speakers, "Ông Nguyễn Văn Bình");
    meeting.commands("thư ký", reorder(&[3, 9, 1])).unwrap();
    assert_eq!(order(&meeting), [3, 1, 2]);
    assert_eq!(meeting.commands("thư ký", reorder(&[3])), Ok(vec![]));
    meeting.commands("thư ký", remove(1)).unwrap();
    // Two controllers remove the same: the second is told so.
    assert_eq!(
        meeting.commands("chủ tọa", remove(1)),
        Err(ErrorCode::UnknownItem)
    );
    meeting.commands("thư ký", add("Khác", None)).unwrap();
    assert_eq!(order(&meeting), [3, 2, 4], "no number is used twice");
    meeting
        .commands("thư ký", change(4, "Ý kiến khác", Some(5)))
        .unwrap();
    assert_eq!(items(&meeting)[2].title, "Ý kiến khác");
    let again = change(4, " Ý kiến khác ", Some(5));
    assert_eq!(meeting.commands("thư ký", again), Ok(vec![]));
}

#[test]
fn an_item_overruns_and_its_time_is_counted_over_stretches() {
    let mut meeting = of_three_items();
    meeting.commands("chủ tọa", start(2)).unwrap();
    assert_eq!(meeting.commands("thư ký", start(2)), Ok(vec![]));
    meeting.passes(6 * 60);
    // Something urgent comes in between.
    let events = meeting.commands("chủ tọa", start(3)).unwrap();
    assert_eq!(events.len(), 2);
    meeting.passes(60);
    meeting.commands("chủ tọa", start(2)).unwrap();
    let over = Event::Agenda(AgendaEvent::OverTime { number: 2 });
    assert_eq!(meeting.passes(5 * 60), std::slice::from_ref(&over));
    let item = items(&meeting)[1].clone();
    assert_eq!(item.overrun(meeting.now) / 1_000, 60);

    // The chair gives it two minutes more.
    meeting
        .commands("chủ tọa", change(2, "Báo cáo", Some(12)))
        .unwrap();
    assert_eq!(meeting.passes(5 * 60), [over]);
    meeting
        .commands("chủ tọa", command(AgendaCommand::Finish))
        .unwrap();
    let item = items(&meeting)[1].clone();
    assert_eq!(item.finished_at, Some(meeting.now));
    assert_eq!(item.overrun(meeting.now + 99_000) / 60_000, 4);
    assert_eq!(meeting.passes(3_600), []);
    let finish = command(AgendaCommand::Finish);
    assert_eq!(meeting.commands("chủ tọa", finish), Ok(vec![]));
}

#[test]
fn what_cannot_be_is_refused() {
    let mut meeting = of_three_items();
    meeting.commands("chủ tọa", start(1)).unwrap();
    for (command, code) in [
        (remove(1), ErrorCode::ItemRunning),
        (start(9), ErrorCode::UnknownItem),
        (change(9, "Khác", None), ErrorCode::UnknownItem),
        (add(" ", None), ErrorCode::TextEmpty),
        (add(&"ễ".repeat(301), None), ErrorCode::TextTooLong),
        (add("Khác", Some(0)), ErrorCode::OutOfRange),
        (add("Khác", Some(1_441)), ErrorCode::OutOfRange),
    ] {
        assert_eq!(meeting.commands("chủ tọa", command), Err(code));
    }
}
