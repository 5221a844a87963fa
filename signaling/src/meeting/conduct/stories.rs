//! Stories of announcements, timer, break and chat.

use diemcau_protocol::{ChatMode, Command, ConductCommand, ConductEvent, ErrorCode, Event, Role};

use crate::meeting::world::Meeting;
use crate::meeting::{hears, snapshot_for};

fn command(command: ConductCommand) -> Command {
    Command::Conduct(command)
}

fn chat(text: &str) -> Command {
    Command::SendChat {
        text: text.to_owned(),
    }
}

fn ended(event: ConductEvent) -> Vec<Event> {
    vec![Event::Conduct(event)]
}

#[test]
fn an_announcement_stands_until_it_is_withdrawn() {
    let mut meeting = Meeting::of_three();
    let announce = |text: &str| {
        command(ConductCommand::Announce {
            text: text.to_owned(),
        })
    };
    meeting
        .commands("chủ tọa", announce(" Họp tiếp lúc 14 giờ "))
        .unwrap();
    let announcement = meeting.state.procedure.conduct.announcement.clone();
    assert_eq!(announcement.unwrap().text, "Họp tiếp lúc 14 giờ");
    let withdraw = command(ConductCommand::Withdraw);
    meeting.commands("chủ tọa", withdraw.clone()).unwrap();
    assert_eq!(meeting.commands("chủ tọa", withdraw), Ok(vec![]));
    assert_eq!(
        meeting.commands("chủ tọa", announce(" ")),
        Err(ErrorCode::TextEmpty)
    );
}

#[test]
fn the_timer_and_the_break_end_when_their_time_is_up() {
    let mut meeting = Meeting::of_three();
    let timer = command(ConductCommand::StartTimer { seconds: 60 });
    meeting.commands("chủ tọa", timer).unwrap();
    let pause = |seconds| command(ConductCommand::Pause { seconds });
    meeting.commands("chủ tọa", pause(None)).unwrap();
    let since = meeting.state.procedure.conduct.pause.clone().unwrap().since;
    meeting.commands("chủ tọa", pause(Some(900))).unwrap();
    let now = meeting.state.procedure.conduct.pause.clone().unwrap();
    assert_eq!(now.since, since, "the same break, with an end now");
    assert_eq!(
        meeting.passes(61),
        ended(ConductEvent::TimerEnded { by: None })
    );
    assert_eq!(
        meeting.passes(900),
        ended(ConductEvent::Resumed { by: None })
    );
    let timer = command(ConductCommand::StartTimer { seconds: 60 });
    meeting.commands("chủ tọa", timer).unwrap();
    meeting
        .commands("chủ tọa", command(ConductCommand::StopTimer))
        .unwrap();
    assert_eq!(meeting.passes(900), []);
    let resume = command(ConductCommand::Resume);
    assert_eq!(meeting.commands("chủ tọa", resume), Ok(vec![]));
    assert_eq!(
        meeting.commands("chủ tọa", pause(Some(0))),
        Err(ErrorCode::OutOfRange)
    );
}

#[test]
fn messages_to_the_controller_reach_nobody_else() {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    let set = |mode| command(ConductCommand::SetChat { mode });
    meeting
        .commands("chủ tọa", set(ChatMode::ToController))
        .unwrap();
    let events = meeting
        .commands("xã An Bình", chat("Mất tiếng, nhờ hỗ trợ"))
        .unwrap();
    let told = ["chủ tọa", "thư ký", "xã An Bình", "xã Hòa Lạc"]
        .map(|who| hears(&meeting.state, &who.into(), &events[0]));
    assert_eq!(told, [true, true, true, false]);
    let read = ["chủ tọa", "xã An Bình", "xã Hòa Lạc"].map(|who| {
        let snapshot = snapshot_for(&meeting.state, &who.into());
        snapshot.procedure.conduct.messages.len()
    });
    assert_eq!(read, [1, 1, 0]);
    // Who conducts the meeting writes to all.
    let answer = meeting.commands("thư ký", chat("Đã rõ")).unwrap();
    assert!(matches!(answer[..], [Event::ChatSent { .. }]));

    meeting.commands("chủ tọa", set(ChatMode::Off)).unwrap();
    assert_eq!(
        meeting.commands("xã An Bình", chat("Alô")),
        Err(ErrorCode::ChatOff)
    );
    meeting.commands("thư ký", chat("Trật tự")).unwrap();
}

#[test]
fn the_secretary_notes_what_is_said_and_only_those_who_conduct_read_it() {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    let note = |text: &str, conclusion| {
        let text = text.to_owned();
        command(ConductCommand::Note { text, conclusion })
    };
    let spoken = "Xã An Bình đề nghị bổ sung 02 máy phát điện";
    let events = meeting.commands("thư ký", note(spoken, false)).unwrap();
    let told = ["chủ tọa", "thư ký", "xã An Bình"]
        .map(|who| hears(&meeting.state, &who.into(), &events[0]));
    assert_eq!(told, [true, true, false]);
    let concluded = note("Giao Sở Công Thương cấp máy", true);
    meeting.commands("thư ký", concluded).unwrap();
    let notes = |who: &str| {
        snapshot_for(&meeting.state, &who.into())
            .procedure
            .conduct
            .notes
    };
    assert_eq!(notes("xã An Bình"), []);
    let read: Vec<_> = notes("thư ký").iter().map(|n| n.conclusion).collect();
    assert_eq!(read, [false, true]);
    let outsider = meeting.commands("xã An Bình", note("Ghi hộ", false));
    assert_eq!(outsider, Err(ErrorCode::Forbidden));
    let empty = meeting.commands("thư ký", note(" \u{7}", false));
    assert_eq!(empty, Err(ErrorCode::TextEmpty));
}

#[test]
fn what_was_noted_in_the_rehearsal_is_gone_at_the_opening() {
    let mut meeting = Meeting::rehearsing();
    meeting.joins("chủ tọa", Role::Chair);
    let text = "Thử ghi".to_owned();
    let note = ConductCommand::Note {
        text,
        conclusion: false,
    };
    meeting.commands("chủ tọa", command(note)).unwrap();
    assert_eq!(meeting.state.procedure.conduct.notes.len(), 1);
    let open = Command::Course(diemcau_protocol::CourseCommand::Open);
    meeting.commands("chủ tọa", open).unwrap();
    assert_eq!(meeting.state.procedure.conduct.notes, []);
}
