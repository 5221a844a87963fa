//! Who may do what: the one table role × action × scope.
//!
//! ```text
//!                     chair  controller  secretary  delegate  operator  observer
//!  publish, hand,     own    own         own        own       own       -
//!  chat, answer the
//!  roll call
//!  mute others        all    all         -          -         -         -
//!  lower hands        all    all         all        -         -         -
//!  set stage, set     all    all         -          -         -         -
//!  policies
//!  give the floor,    all    all         -          -         -         -
//!  open microphones
//!  order the queue,   all    all         all        -         -         -
//!  admit, rename,
//!  run the agenda,
//!  call the roll,
//!  conduct, run votes,
//!  manage documents,
//!  run interpretation
//!  remove, record,    all    all         -          -         -         -
//!  open, end, run
//!  groups
//!  vote               own    -           own        own       own       -
//!  speak freely,      all    -           -          -         -         -
//!  pre-empt the floor
//! ```
//!
//! *own* is the participant itself, *all* the whole meeting.

pub(crate) mod system;

use diemcau_protocol::{Action, Role};

/// How far a permission reaches. The greater includes the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// The participant itself.
    Own,
    /// Everyone in the meeting.
    Meeting,
}

/// Every action, in the order in which clients are told of them.
pub(crate) const ACTIONS: [Action; 29] = [
    Action::PublishMicrophone,
    Action::PublishCamera,
    Action::PublishScreen,
    Action::RaiseHand,
    Action::Chat,
    Action::MuteOthers,
    Action::LowerHands,
    Action::SetStage,
    Action::SpeakFreely,
    Action::OrderQueue,
    Action::GiveFloor,
    Action::PreemptFloor,
    Action::OpenMicrophones,
    Action::SetPolicy,
    Action::Admit,
    Action::Remove,
    Action::Rename,
    Action::RunAgenda,
    Action::CallTheRoll,
    Action::AnswerRollCall,
    Action::Conduct,
    Action::Record,
    Action::EndMeeting,
    Action::OpenMeeting,
    Action::RunVotes,
    Action::Vote,
    Action::ManageDocuments,
    Action::RunGroups,
    Action::RunInterpretation,
];

/// How far a role may go with an action; `None` where it may not at all.
pub(crate) fn reach(role: Role, action: Action) -> Option<Scope> {
    match action {
        Action::PublishMicrophone
        | Action::PublishCamera
        | Action::PublishScreen
        | Action::RaiseHand
        | Action::Chat
        | Action::AnswerRollCall => match role {
            Role::Chair | Role::Secretary | Role::Controller | Role::Delegate | Role::Operator => {
                Some(Scope::Own)
            }
            Role::Observer => None,
        },
        Action::MuteOthers
        | Action::SetStage
        | Action::GiveFloor
        | Action::OpenMicrophones
        | Action::SetPolicy
        | Action::Remove
        | Action::Record
        | Action::OpenMeeting
        | Action::EndMeeting
        | Action::RunGroups => match role {
            Role::Chair | Role::Controller => Some(Scope::Meeting),
            Role::Secretary | Role::Delegate | Role::Operator | Role::Observer => None,
        },
        Action::SpeakFreely | Action::PreemptFloor => match role {
            Role::Chair => Some(Scope::Meeting),
            Role::Controller
            | Role::Secretary
            | Role::Delegate
            | Role::Operator
            | Role::Observer => None,
        },
        Action::Vote => match role {
            Role::Chair | Role::Secretary | Role::Delegate | Role::Operator => Some(Scope::Own),
            Role::Controller | Role::Observer => None,
        },
        Action::LowerHands
        | Action::OrderQueue
        | Action::Admit
        | Action::Rename
        | Action::RunAgenda
        | Action::CallTheRoll
        | Action::Conduct
        | Action::RunVotes
        | Action::ManageDocuments
        | Action::RunInterpretation => match role {
            Role::Chair | Role::Controller | Role::Secretary => Some(Scope::Meeting),
            Role::Delegate | Role::Operator | Role::Observer => None,
        },
    }
}

/// Whether a role may do an action as far as `scope`.
pub(crate) fn permits(role: Role, action: Action, scope: Scope) -> bool {
    reach(role, action).is_some_and(|reach| reach >= scope)
}

/// What a role may do at all.
pub(crate) fn actions_of(role: Role) -> Vec<Action> {
    ACTIONS
        .into_iter()
        .filter(|action| reach(role, *action).is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chair_may_do_everything_and_the_observer_nothing() {
        assert_eq!(actions_of(Role::Chair), ACTIONS);
        assert_eq!(actions_of(Role::Observer), []);
    }

    #[test]
    fn what_reaches_the_meeting_reaches_oneself() {
        for role in Role::ALL {
            for action in ACTIONS {
                if permits(role, action, Scope::Meeting) {
                    assert!(permits(role, action, Scope::Own), "{role:?} {action:?}");
                }
            }
        }
    }

    #[test]
    fn a_delegate_speaks_for_itself_only() {
        assert!(permits(Role::Delegate, Action::RaiseHand, Scope::Own));
        assert!(!permits(Role::Delegate, Action::RaiseHand, Scope::Meeting));
        assert!(!permits(Role::Delegate, Action::MuteOthers, Scope::Own));
    }
}
