use diemcau_protocol::{
    Command, ErrorCode, FloorCommand, FloorMode, FloorPolicy, InterpretationCommand, Role,
};

use super::{desired, listens_to};
use crate::meeting::Input;
use crate::meeting::world::{MICROPHONE_ON, Meeting};

fn interpretation(command: InterpretationCommand) -> Command {
    Command::Interpretation(command)
}

fn add(language: &str) -> Command {
    interpretation(InterpretationCommand::Add {
        language: language.to_owned(),
    })
}

fn assign(channel: u32, who: &str) -> Command {
    interpretation(InterpretationCommand::Assign {
        channel,
        participant: who.into(),
    })
}

fn dismiss(who: &str) -> Command {
    interpretation(InterpretationCommand::Dismiss {
        participant: who.into(),
    })
}

fn hand_over(who: &str) -> Command {
    interpretation(InterpretationCommand::HandOver {
        participant: who.into(),
    })
}

fn listen(channel: Option<u32>) -> Command {
    interpretation(InterpretationCommand::Listen { channel })
}

const TAKE_AIR: Command = Command::Interpretation(InterpretationCommand::TakeAir);

impl Meeting {
    fn on_air(&self, channel: usize) -> Option<&str> {
        let channel = &self.state.procedure.interpretation.channels[channel];
        channel.on_air.as_ref().map(|id| id.as_str())
    }
}

/// The chair, two communes, and Lan and Minh, who interpret into English.
fn with_interpreters() -> Meeting {
    let mut meeting = Meeting::of_three();
    meeting.joins("Lan", Role::Delegate);
    meeting.joins("Minh", Role::Delegate);
    for command in [add("English"), assign(1, "Lan"), assign(1, "Minh")] {
        meeting.commands("chủ tọa", command).unwrap();
    }
    meeting
}

#[test]
fn two_interpreters_hand_over_to_each_other() {
    let mut meeting = with_interpreters();
    assert_eq!(meeting.on_air(0), Some("Lan"), "who came first begins");
    meeting.commands("Lan", MICROPHONE_ON).unwrap();
    let refused = meeting.commands("Minh", TAKE_AIR);
    assert_eq!(refused, Err(ErrorCode::AirTaken));
    let refused = meeting.commands("Minh", hand_over("Minh"));
    assert_eq!(refused, Err(ErrorCode::AirTaken));
    meeting.commands("Lan", hand_over("Minh")).unwrap();
    assert_eq!(meeting.on_air(0), Some("Minh"));
    let air = |who: &str| desired(&meeting.state, &who.into()).map(|it| it.on_air);
    assert_eq!((air("Lan"), air("Minh")), (Some(false), Some(true)));
    // Whoever runs the interpretation may give the air to either.
    meeting.commands("chủ tọa", hand_over("Lan")).unwrap();
    meeting.input("Lan", &Input::ConnectionLost).unwrap();
    meeting.commands("Minh", TAKE_AIR).unwrap();
    assert_eq!(meeting.on_air(0), Some("Minh"), "Lan's line is broken");
    meeting.commands("chủ tọa", hand_over("Lan")).unwrap();
    meeting.input("Lan", &Input::GraceExpired).unwrap();
    assert_eq!(meeting.on_air(0), Some("Minh"), "who leaves leaves the air");
    meeting.commands("Minh", Command::Leave).unwrap();
    assert_eq!(meeting.on_air(0), None);
    let refused = meeting.commands("xã An Bình", TAKE_AIR);
    assert_eq!(refused, Err(ErrorCode::NotInterpreter));
    let refused = meeting.commands("xã An Bình", hand_over("Lan"));
    assert_eq!(refused, Err(ErrorCode::Forbidden));
}

#[test]
fn a_listener_chooses_a_channel_or_the_floor() {
    let mut meeting = with_interpreters();
    let hears = |meeting: &Meeting| listens_to(&meeting.state, &"xã An Bình".into());
    let refused = meeting.commands("xã An Bình", listen(Some(2)));
    assert_eq!(refused, Err(ErrorCode::UnknownChannel));
    meeting.commands("xã An Bình", listen(Some(1))).unwrap();
    assert_eq!(hears(&meeting), Some(1));
    assert_eq!(meeting.commands("xã An Bình", listen(Some(1))), Ok(vec![]));
    meeting.commands("xã An Bình", listen(None)).unwrap();
    assert_eq!(hears(&meeting), None);
    meeting.commands("xã An Bình", listen(Some(1))).unwrap();
    let remove = interpretation(InterpretationCommand::Remove { channel: 1 });
    meeting.commands("chủ tọa", remove).unwrap();
    assert_eq!(hears(&meeting), None, "the channel is gone");
    // A new channel is another one.
    meeting.commands("chủ tọa", add("English")).unwrap();
    let refused = meeting.commands("xã An Bình", listen(Some(1)));
    assert_eq!(refused, Err(ErrorCode::UnknownChannel));
}

#[test]
fn an_interpreter_speaks_without_the_floor_and_not_on_it() {
    let mut meeting = with_interpreters();
    let policy = FloorPolicy {
        mode: FloorMode::ByFloor,
        ..FloorPolicy::default()
    };
    meeting.commands("Lan", MICROPHONE_ON).unwrap();
    let by_floor = Command::Floor(FloorCommand::SetPolicy { policy });
    meeting.commands("chủ tọa", by_floor).unwrap();
    assert!(meeting.member("Lan").microphone, "it goes on interpreting");
    let give = |who: &str| {
        Command::Floor(FloorCommand::Give {
            participant: who.into(),
            seconds: None,
        })
    };
    let refused = meeting.commands("chủ tọa", give("Lan"));
    assert_eq!(refused, Err(ErrorCode::Interprets));
    meeting.commands("chủ tọa", dismiss("Lan")).unwrap();
    assert!(!meeting.member("Lan").microphone, "now it needs the floor");
    assert_eq!(meeting.on_air(0), Some("Minh"));
    meeting.commands("chủ tọa", give("Lan")).unwrap();
    meeting.commands("chủ tọa", assign(1, "Lan")).unwrap();
    assert_eq!(meeting.state.procedure.floor.holders, []);
}

#[test]
fn channels_are_set_up_with_care() {
    let mut meeting = with_interpreters();
    meeting.joins("dự thính", Role::Observer);
    let mut refuses = |who: &str, command: Command, code| {
        let refused = meeting.commands(who, command.clone());
        assert_eq!(refused, Err(code), "{who} {command:?}");
    };
    refuses("chủ tọa", add("English"), ErrorCode::ChannelExists);
    refuses("chủ tọa", add(" "), ErrorCode::TextEmpty);
    refuses("Lan", add("Lao"), ErrorCode::Forbidden);
    refuses("chủ tọa", assign(9, "Lan"), ErrorCode::UnknownChannel);
    refuses("chủ tọa", assign(1, "ai đó"), ErrorCode::UnknownParticipant);
    refuses("chủ tọa", assign(1, "dự thính"), ErrorCode::Forbidden);
    refuses("chủ tọa", assign(1, "chủ tọa"), ErrorCode::Forbidden);
    let nobody = dismiss("xã An Bình");
    refuses("chủ tọa", nobody, ErrorCode::NotInterpreter);
    for number in 2..=16 {
        let language = add(&format!("Tiếng {number}"));
        meeting.commands("chủ tọa", language).unwrap();
    }
    let refused = meeting.commands("chủ tọa", add("Nữa"));
    assert_eq!(refused, Err(ErrorCode::OutOfRange));
    // An interpreter is of one channel only.
    meeting.commands("chủ tọa", assign(2, "Minh")).unwrap();
    let channels = &meeting.state.procedure.interpretation.channels;
    assert_eq!(channels[0].interpreters, ["Lan".into()].into());
    assert_eq!(channels[1].on_air, Some("Minh".into()));
}
