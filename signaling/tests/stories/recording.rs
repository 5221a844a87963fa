//! What the recorder is told of a meeting.

use std::sync::Arc;
use std::time::Duration;

use diemcau_protocol::{
    Command, CourseEvent, Event, RecordingCommand, RecordingEvent, WantedRecording,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::support::{AN_BINH, CHAIR, Machine};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the recorder is told of something.
async fn told(
    recorder: &mut mpsc::UnboundedReceiver<WantedRecording>,
    is_it: impl Fn(&WantedRecording) -> bool,
) -> WantedRecording {
    let heard = async {
        loop {
            let wanted = recorder.recv().await.expect("the server runs");
            if is_it(&wanted) {
                return wanted;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("it is told in time")
}

#[tokio::test]
async fn a_recording_pauses_goes_on_leaves_out_who_refuses_and_ends_when_all_have_gone() {
    let (tells, mut recorder) = mpsc::unbounded_channel();
    let machine = Machine::new();
    let server = machine
        .start_with(|config| {
            config.recorder = Some(Arc::new(move |wanted| {
                let _ = tells.send(wanted);
            }));
            config.recorded_alone = Duration::from_millis(50);
        })
        .await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    let own = welcome.you.participant;
    let snapshot = welcome.snapshot.expect("a first welcome has one");
    let known = snapshot.participants.iter().find(|p| p.id == own);
    let number = known.expect("it knows itself").number;
    let recording = Command::Recording;
    let announce = RecordingCommand::Announce { seconds: 10 };
    chair.command(recording(announce)).await.unwrap();
    // All other times of the story are none.
    an_binh
        .event(Event::Recording(RecordingEvent::Started))
        .await;
    let since = told(&mut recorder, |wanted| wanted.since.is_some())
        .await
        .since;

    chair
        .command(recording(RecordingCommand::Pause))
        .await
        .unwrap();
    told(&mut recorder, |wanted| wanted.since.is_none()).await;
    chair
        .command(recording(RecordingCommand::Resume))
        .await
        .unwrap();
    let again = told(&mut recorder, |wanted| wanted.since.is_some()).await;
    assert_eq!(again.since, since, "the same recording");

    let refuse = RecordingCommand::Consent { given: false };
    an_binh.command(recording(refuse)).await.unwrap();
    let refused = told(&mut recorder, |wanted| !wanted.left_out.is_empty()).await;
    assert_eq!(refused.left_out, [number].into());

    an_binh.command(Command::Leave).await.unwrap();
    chair.command(Command::Leave).await.unwrap();
    let over = told(&mut recorder, |wanted| wanted.end.is_some()).await;
    let log = server.signaling.event_log(&over.meeting).await.unwrap();
    let last: serde_json::Value = serde_json::from_slice(&log.last().unwrap().bytes).unwrap();
    let ended: Event = serde_json::from_value(last["event"].clone()).unwrap();
    let by = diemcau_protocol::ParticipantId::nobody();
    assert_eq!(ended, Event::Course(CourseEvent::Ended { by }));
}
