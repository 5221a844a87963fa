//! The rules of a vote as they were asked for, made fit: texts clean, figures
//! within their limits, and everyone who is entitled written down.

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, ErrorCode, FEWEST_SECRET, GREATEST_WEIGHT, MOST_DELEGATES, MOST_OPTIONS, Majority,
    OPTION_LENGTH, ParticipantId, ParticipantKind, QUESTION_LENGTH, VoteMethod, VoteOption,
    VoteRules, VoteUnit, Voter,
};

use super::super::actor::unknown_participant;
use super::super::floor::{out_of_range, within};
use super::super::text::clean_line;
use super::super::{Member, Refusal, State};
use crate::permissions::{Scope, permits};

/// The rules that the vote goes by.
pub(super) fn fit(state: &State, wanted: &VoteRules) -> Result<VoteRules, Refusal> {
    let rules = VoteRules {
        question: question(&wanted.question)?,
        options: options(&wanted.options)?,
        voters: voters(state, wanted)?,
        ..wanted.clone()
    };
    if rules.quorum_percent > 100 {
        return Err(out_of_range());
    }
    if let Majority::Share { percent, .. } = rules.majority {
        within(percent, 100)?;
    }
    if rules.method == VoteMethod::Secret {
        fit_for_secrecy(&rules)?;
    }
    Ok(rules)
}

/// A question or a reason.
pub(super) fn question(text: &str) -> Result<String, Refusal> {
    line(text, QUESTION_LENGTH)
}

fn line(text: &str, longest: u32) -> Result<String, Refusal> {
    let clean = clean_line(text);
    if clean.is_empty() {
        return Err(Refusal::new(ErrorCode::TextEmpty, "the text is empty"));
    }
    if clean.chars().count() > longest as usize {
        return Err(Refusal::new(ErrorCode::TextTooLong, "the text is too long"));
    }
    Ok(clean)
}

fn options(wanted: &[VoteOption]) -> Result<Vec<VoteOption>, Refusal> {
    if !(2..=MOST_OPTIONS as usize).contains(&wanted.len()) {
        return Err(out_of_range());
    }
    let mut seen = BTreeSet::new();
    let mut options = Vec::with_capacity(wanted.len());
    for option in wanted {
        let text = line(&option.text, OPTION_LENGTH)?;
        if !seen.insert(text.clone()) {
            return Err(unfit("two options say the same"));
        }
        options.push(VoteOption {
            text,
            abstention: option.abstention,
        });
    }
    if options.iter().all(|option| option.abstention) {
        return Err(unfit("an option is needed that is no abstention"));
    }
    Ok(options)
}

fn may_vote(member: &Member) -> bool {
    permits(member.role, Action::Vote, Scope::Own)
}

fn voters(state: &State, wanted: &VoteRules) -> Result<Vec<Voter>, Refusal> {
    let voters = if wanted.voters.is_empty() {
        everyone(state, wanted.unit)
    } else {
        wanted.voters.clone()
    };
    if voters.is_empty() {
        return Err(unfit("nobody is entitled"));
    }
    let mut seen = BTreeSet::new();
    for voter in &voters {
        let member = state.members.get(&voter.participant);
        if !may_vote(member.ok_or_else(unknown_participant)?) {
            return Err(unfit("somebody is named whose role does not vote"));
        }
        if !seen.insert(&voter.participant) {
            return Err(unfit("somebody is named twice"));
        }
        within(voter.weight, GREATEST_WEIGHT)?;
        within(voter.headcount, MOST_DELEGATES)?;
        if wanted.unit == VoteUnit::Site && voter.headcount != 1 {
            return Err(unfit("each place has one vote"));
        }
    }
    Ok(voters)
}

/// Everyone who is here and may vote, by number. Where delegates count, each
/// place votes for as many as it told at the last roll call, else for one.
fn everyone(state: &State, unit: VoteUnit) -> Vec<Voter> {
    let told = |id: &ParticipantId| {
        let roll = state.procedure.roll_calls.last.as_ref()?;
        let mut entries = roll.entries.iter();
        entries.find(|entry| entry.participant == *id)?.headcount
    };
    let headcount = |id: &ParticipantId| match unit {
        VoteUnit::Site => 1,
        VoteUnit::Delegate => told(id).unwrap_or(1).clamp(1, MOST_DELEGATES),
    };
    let mut here: Vec<_> = state
        .members
        .iter()
        .filter(|(_, m)| m.is_here() && may_vote(m) && m.kind != ParticipantKind::Device)
        .collect();
    here.sort_by_key(|(_, member)| member.number);
    here.into_iter()
        .map(|(id, _)| Voter {
            participant: id.clone(),
            weight: 1,
            headcount: headcount(id),
        })
        .collect()
}

fn fit_for_secrecy(rules: &VoteRules) -> Result<(), Refusal> {
    if rules.unit != VoteUnit::Site {
        return Err(unfit("a secret vote has one ballot paper for each voter"));
    }
    if rules.may_change {
        return Err(unfit("whose ballot is whose is not known, so none changes"));
    }
    let weight = rules.voters.first().map(|voter| voter.weight);
    if rules.voters.iter().any(|v| Some(v.weight) != weight) {
        return Err(unfit("a weight of one's own would show whose a ballot is"));
    }
    if rules.voters.len() < FEWEST_SECRET as usize {
        return Err(unfit("too few are entitled for a secret vote"));
    }
    Ok(())
}

fn unfit(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::VoteUnfit, detail)
}
