//! Stories of recording.

use diemcau_protocol::{
    Command, CourseEvent, ErrorCode, Event, ParticipantId, RecordingCommand, RecordingEvent, Role,
};

use crate::meeting::world::Meeting;
use crate::meeting::{Input, ended_at, snapshot};

fn command(command: RecordingCommand) -> Command {
    Command::Recording(command)
}

fn announce(seconds: u32) -> Command {
    command(RecordingCommand::Announce { seconds })
}

#[test]
fn everyone_is_told_before_the_recording_begins() {
    let mut meeting = Meeting::of_three();
    assert_eq!(
        meeting.commands("chủ tọa", announce(9)),
        Err(ErrorCode::OutOfRange),
        "without notice"
    );
    meeting.commands("chủ tọa", announce(30)).unwrap();
    assert_eq!(meeting.commands("chủ tọa", announce(60)), Ok(vec![]));
    // Who comes in meanwhile knows too.
    meeting.joins("khách", Role::Observer);
    let known = snapshot(&meeting.state).procedure.recording;
    assert!(known.starts_at.is_some() && known.since.is_none());
    let consent = |given| command(RecordingCommand::Consent { given });
    meeting.commands("khách", consent(true)).unwrap();
    meeting.commands("xã An Bình", consent(false)).unwrap();
    assert_eq!(meeting.commands("khách", consent(true)), Ok(vec![]));

    let begins = known.starts_at.unwrap();
    let started = Event::Recording(RecordingEvent::Started);
    assert_eq!(meeting.passes(60), [started]);
    let recording = snapshot(&meeting.state).procedure.recording;
    assert_eq!(recording.since, Some(begins), "from when it was said");
    assert_eq!(recording.consents.len(), 2);

    let stop = command(RecordingCommand::Stop);
    meeting.commands("chủ tọa", stop.clone()).unwrap();
    assert_eq!(meeting.commands("chủ tọa", stop), Ok(vec![]));
}

#[test]
fn what_was_announced_can_be_called_off() {
    let mut meeting = Meeting::of_three();
    meeting.commands("chủ tọa", announce(30)).unwrap();
    meeting
        .commands("chủ tọa", command(RecordingCommand::Stop))
        .unwrap();
    assert_eq!(meeting.passes(60), []);
}

#[test]
fn the_recording_pauses_for_what_nobody_is_to_keep_and_goes_on() {
    let mut meeting = Meeting::of_three();
    let pause = command(RecordingCommand::Pause);
    let resume = command(RecordingCommand::Resume);
    assert_eq!(meeting.commands("chủ tọa", pause.clone()), Ok(vec![]));
    meeting.commands("chủ tọa", announce(10)).unwrap();
    assert_eq!(
        meeting.commands("chủ tọa", pause.clone()),
        Ok(vec![]),
        "it has not begun"
    );
    meeting.passes(20);
    assert_eq!(
        meeting.commands("xã An Bình", pause.clone()),
        Err(ErrorCode::Forbidden)
    );
    let by = || "chủ tọa".into();
    let paused = Event::Recording(RecordingEvent::Paused { by: by() });
    assert_eq!(meeting.commands("chủ tọa", pause.clone()), Ok(vec![paused]));
    assert_eq!(meeting.commands("chủ tọa", pause.clone()), Ok(vec![]));
    // Who comes in meanwhile knows.
    meeting.joins("khách", Role::Observer);
    let known = snapshot(&meeting.state).procedure.recording;
    assert!(known.since.is_some() && known.paused_since.is_some());
    // It is still the one that was announced.
    assert_eq!(meeting.commands("chủ tọa", announce(30)), Ok(vec![]));

    let resumed = Event::Recording(RecordingEvent::Resumed { by: by() });
    assert_eq!(
        meeting.commands("chủ tọa", resume.clone()),
        Ok(vec![resumed])
    );
    assert_eq!(meeting.commands("chủ tọa", resume), Ok(vec![]));
    meeting.commands("chủ tọa", pause).unwrap();
    let stop = command(RecordingCommand::Stop);
    meeting.commands("chủ tọa", stop).unwrap();
    let known = snapshot(&meeting.state).procedure.recording;
    assert!(known.since.is_none() && known.paused_since.is_none());
}

#[test]
fn a_recording_that_nobody_ended_ends_the_meeting_once_nobody_is_there() {
    let mut meeting = Meeting::of_three();
    let abandoned = |meeting: &mut Meeting| meeting.input("", &Input::Abandoned);
    meeting.commands("chủ tọa", announce(10)).unwrap();
    meeting.passes(20);
    assert_eq!(abandoned(&mut meeting), Ok(vec![]), "three are here");
    for who in ["chủ tọa", "xã An Bình", "xã Hòa Lạc"] {
        meeting.commands(who, Command::Leave).unwrap();
    }
    let by = ParticipantId::nobody;
    assert_eq!(
        abandoned(&mut meeting).unwrap(),
        [
            Event::Recording(RecordingEvent::Stopped { by: by() }),
            Event::Course(CourseEvent::Ended { by: by() }),
        ]
    );
    assert!(ended_at(&meeting.state).is_some());
    assert_eq!(abandoned(&mut meeting), Ok(vec![]), "it is over already");
}

#[test]
fn a_meeting_that_is_not_recorded_waits_for_whoever_comes_back() {
    let mut meeting = Meeting::of_three();
    for who in ["chủ tọa", "xã An Bình", "xã Hòa Lạc"] {
        meeting.commands(who, Command::Leave).unwrap();
    }
    assert_eq!(meeting.input("", &Input::Abandoned), Ok(vec![]));
}
