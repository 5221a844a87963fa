//! Every kind of command, written down once: whoever adds a command and forgets
//! it here does not compile, and whoever forgets to try it fails the table.

use diemcau_protocol::{
    AdmissionCommand as Admission, AgendaCommand as Agenda, Command, ConductCommand as Conduct,
    CourseCommand as Course, FloorCommand as Floor, MicrophonesCommand as Microphones,
    RecordingCommand as Recording, RollCallCommand as RollCall, StageCommand as Stage,
    VotesCommand as Votes,
};

macro_rules! kinds {
    ($($name:literal: $command:pat,)*) => {
        /// The names of all kinds.
        pub(super) const KINDS: &[&str] = &[$($name),*];

        /// The name of a command's kind.
        pub(super) fn kind(command: &Command) -> &'static str {
            match command {
                $($command => $name,)*
            }
        }
    };
}

kinds! {
    "set_microphone": Command::SetMicrophone { .. },
    "set_camera": Command::SetCamera { .. },
    "set_screen": Command::SetScreen { .. },
    "set_muted": Command::SetMuted { .. },
    "set_hand": Command::SetHand { .. },
    "lower_hand": Command::LowerHand { .. },
    "send_chat": Command::SendChat { .. },
    "set_stage": Command::SetStage { .. },
    "leave": Command::Leave,
    "unknown": Command::Unknown,
    "floor set_policy": Command::Floor(Floor::SetPolicy { .. }),
    "floor order": Command::Floor(Floor::Order { .. }),
    "floor give": Command::Floor(Floor::Give { .. }),
    "floor extend": Command::Floor(Floor::Extend { .. }),
    "floor take_back": Command::Floor(Floor::TakeBack { .. }),
    "floor give_back": Command::Floor(Floor::GiveBack),
    "floor unknown": Command::Floor(Floor::Unknown),
    "microphones ask": Command::Microphones(Microphones::Ask { .. }),
    "microphones answer": Command::Microphones(Microphones::Answer { .. }),
    "microphones consent": Command::Microphones(Microphones::Consent { .. }),
    "microphones open": Command::Microphones(Microphones::Open { .. }),
    "microphones mute_all": Command::Microphones(Microphones::MuteAll { .. }),
    "microphones lift_all": Command::Microphones(Microphones::LiftAll),
    "microphones unknown": Command::Microphones(Microphones::Unknown),
    "admission set_lobby": Command::Admission(Admission::SetLobby { .. }),
    "admission lock": Command::Admission(Admission::Lock { .. }),
    "admission admit": Command::Admission(Admission::Admit { .. }),
    "admission admit_unit": Command::Admission(Admission::AdmitUnit { .. }),
    "admission admit_all": Command::Admission(Admission::AdmitAll),
    "admission remove": Command::Admission(Admission::Remove { .. }),
    "admission readmit": Command::Admission(Admission::Readmit { .. }),
    "admission rename": Command::Admission(Admission::Rename { .. }),
    "admission unknown": Command::Admission(Admission::Unknown),
    "agenda add": Command::Agenda(Agenda::Add { .. }),
    "agenda change": Command::Agenda(Agenda::Change { .. }),
    "agenda reorder": Command::Agenda(Agenda::Reorder { .. }),
    "agenda remove": Command::Agenda(Agenda::Remove { .. }),
    "agenda start": Command::Agenda(Agenda::Start { .. }),
    "agenda finish": Command::Agenda(Agenda::Finish),
    "agenda unknown": Command::Agenda(Agenda::Unknown),
    "roll_call open": Command::RollCall(RollCall::Open),
    "roll_call answer": Command::RollCall(RollCall::Answer { .. }),
    "roll_call close": Command::RollCall(RollCall::Close),
    "roll_call check": Command::RollCall(RollCall::Check { .. }),
    "roll_call here": Command::RollCall(RollCall::Here),
    "roll_call unknown": Command::RollCall(RollCall::Unknown),
    "stage prepare": Command::Stage(Stage::Prepare { .. }),
    "stage take": Command::Stage(Stage::Take),
    "stage give": Command::Stage(Stage::Give { .. }),
    "stage unknown": Command::Stage(Stage::Unknown),
    "conduct announce": Command::Conduct(Conduct::Announce { .. }),
    "conduct withdraw": Command::Conduct(Conduct::Withdraw),
    "conduct start_timer": Command::Conduct(Conduct::StartTimer { .. }),
    "conduct stop_timer": Command::Conduct(Conduct::StopTimer),
    "conduct pause": Command::Conduct(Conduct::Pause { .. }),
    "conduct resume": Command::Conduct(Conduct::Resume),
    "conduct set_chat": Command::Conduct(Conduct::SetChat { .. }),
    "conduct note": Command::Conduct(Conduct::Note { .. }),
    "conduct unknown": Command::Conduct(Conduct::Unknown),
    "recording announce": Command::Recording(Recording::Announce { .. }),
    "recording stop": Command::Recording(Recording::Stop),
    "recording consent": Command::Recording(Recording::Consent { .. }),
    "recording unknown": Command::Recording(Recording::Unknown),
    "votes open": Command::Votes(Votes::Open { .. }),
    "votes call": Command::Votes(Votes::Call { .. }),
    "votes cast": Command::Votes(Votes::Cast { .. }),
    "votes take_paper": Command::Votes(Votes::TakePaper { .. }),
    "votes close": Command::Votes(Votes::Close { .. }),
    "votes cancel": Command::Votes(Votes::Cancel { .. }),
    "votes unknown": Command::Votes(Votes::Unknown),
    "course open": Command::Course(Course::Open),
    "course end": Command::Course(Course::End),
    "course unknown": Command::Course(Course::Unknown),
}
