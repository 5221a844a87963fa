//! Stories of the stage: prepared, taken, side by side, and given to one.

use diemcau_protocol::{
    Command, ErrorCode, Event, SourceRef, StageCommand, StageEvent, StageMode, StageShow,
};

use crate::meeting::desired;
use crate::meeting::world::{Meeting, camera, screen};

const TAKE: Command = Command::Stage(StageCommand::Take);

fn prepare(show: StageShow) -> Command {
    Command::Stage(StageCommand::Prepare { show: Some(show) })
}

fn sources(sources: &[SourceRef]) -> StageShow {
    StageShow::Sources {
        sources: sources.to_vec(),
    }
}

fn give(to: &str, source: Option<SourceRef>) -> Command {
    Command::Stage(StageCommand::Give {
        participant: to.into(),
        source,
    })
}

fn document(reference: &str, page: u32) -> StageShow {
    StageShow::Document {
        reference: reference.to_owned(),
        page,
    }
}

/// Two sites stand side by side on the stage.
fn side_by_side() -> Meeting {
    let mut meeting = Meeting::of_three();
    let both = sources(&[camera("xã An Bình"), camera("xã Hòa Lạc")]);
    meeting.commands("chủ tọa", prepare(both)).unwrap();
    meeting.commands("chủ tọa", TAKE).unwrap();
    meeting
}

#[test]
fn nothing_goes_out_before_it_is_taken() {
    let mut meeting = Meeting::of_three();
    assert_eq!(
        meeting.commands("chủ tọa", TAKE),
        Err(ErrorCode::NothingPrepared)
    );
    let both = sources(&[camera("xã An Bình"), camera("xã Hòa Lạc")]);
    meeting.commands("chủ tọa", prepare(both)).unwrap();
    assert_eq!(meeting.state.stage.source, None);
    let events = meeting.commands("chủ tọa", TAKE).unwrap();
    assert!(matches!(
        &events[..],
        [
            Event::StageSet { .. },
            Event::Stage(StageEvent::Shown { .. })
        ]
    ));
    // The first is on everybody's stage slot, the other is asked for.
    assert_eq!(desired(&meeting.state).stage, Some(camera("xã An Bình")));
    let plan = &meeting.state.procedure.stage;
    assert_eq!(plan.beside, [camera("xã Hòa Lạc")]);
    assert_eq!(plan.preview, None);
}

#[test]
fn who_stands_beside_moves_up_when_the_first_leaves() {
    let mut meeting = side_by_side();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    assert_eq!(meeting.state.stage.source, Some(camera("xã Hòa Lạc")));
    assert_eq!(meeting.state.stage.mode, StageMode::Chosen);
    assert!(meeting.state.procedure.stage.beside.is_empty());
    meeting.commands("xã Hòa Lạc", Command::Leave).unwrap();
    assert_eq!(meeting.state.stage.mode, StageMode::FollowSpeaker);
}

#[test]
fn one_source_ends_what_stood_beside_it() {
    let mut meeting = side_by_side();
    let first = Command::SetStage {
        source: Some(camera("xã An Bình")),
    };
    let events = meeting.commands("chủ tọa", first.clone()).unwrap();
    assert_eq!(events.len(), 1);
    assert!(meeting.state.procedure.stage.beside.is_empty());
    assert_eq!(meeting.commands("chủ tọa", first), Ok(vec![]));
}

#[test]
fn a_document_is_shown_page_by_page() {
    let mut meeting = side_by_side();
    for page in [1, 2] {
        let show = document(" bao-cao.pdf ", page);
        meeting.commands("chủ tọa", prepare(show)).unwrap();
        meeting.commands("chủ tọa", TAKE).unwrap();
        let shown = meeting.state.procedure.stage.document.clone().unwrap();
        assert_eq!(
            (shown.reference.as_str(), shown.page),
            ("bao-cao.pdf", page)
        );
        assert_eq!(desired(&meeting.state).stage, None);
    }
    meeting
        .commands("chủ tọa", prepare(StageShow::FollowSpeaker))
        .unwrap();
    meeting.commands("chủ tọa", TAKE).unwrap();
    assert_eq!(meeting.state.procedure.stage.document, None);
    assert_eq!(meeting.state.stage.mode, StageMode::FollowSpeaker);
}

#[test]
fn what_is_gone_when_it_is_taken_is_refused() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("xã An Bình", Command::SetScreen { on: true })
        .unwrap();
    let show = sources(&[screen("xã An Bình")]);
    meeting.commands("chủ tọa", prepare(show)).unwrap();
    meeting.commands("xã An Bình", Command::Leave).unwrap();
    assert_eq!(
        meeting.commands("chủ tọa", TAKE),
        Err(ErrorCode::UnknownParticipant)
    );
}

#[test]
fn the_stage_holds_one_two_or_four_and_no_two_alike() {
    let mut meeting = Meeting::of_three();
    let three = ["chủ tọa", "xã An Bình", "xã Hòa Lạc"].map(camera);
    for show in [
        sources(&[]),
        sources(&three),
        sources(&[camera("chủ tọa"), camera("chủ tọa")]),
        document("bao-cao.pdf", 0),
    ] {
        assert_eq!(
            meeting.commands("chủ tọa", prepare(show)),
            Err(ErrorCode::OutOfRange)
        );
    }
}

#[test]
fn one_site_is_given_a_picture_of_its_own() {
    let mut meeting = Meeting::of_three();
    meeting
        .commands("xã An Bình", Command::SetScreen { on: true })
        .unwrap();
    let command = give("xã Hòa Lạc", Some(screen("xã An Bình")));
    meeting.commands("chủ tọa", command.clone()).unwrap();
    assert_eq!(meeting.commands("chủ tọa", command), Ok(vec![]));
    let given = &meeting.state.procedure.stage.given;
    assert_eq!(given[&"xã Hòa Lạc".into()], screen("xã An Bình"));
    // It ends with what it shows.
    meeting
        .commands("xã An Bình", Command::SetScreen { on: false })
        .unwrap();
    assert!(meeting.state.procedure.stage.given.is_empty());
    let nothing = give("xã Hòa Lạc", None);
    assert_eq!(meeting.commands("chủ tọa", nothing), Ok(vec![]));
}
