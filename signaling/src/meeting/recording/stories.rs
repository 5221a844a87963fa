//! Stories of recording.

use diemcau_protocol::{Command, ErrorCode, Event, RecordingCommand, RecordingEvent, Role};

use crate::meeting::snapshot;
use crate::meeting::world::Meeting;

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
