//! Votes, in words.

use diemcau_protocol::{Majority, VoteBase, VoteMethod, VoteOption, VoteResult, VoteUnit};

use super::Writer;
use super::annex::{Annexed, is_long};
use super::format::{count, fingerprint, percent, time};
use crate::minutes::record::{BallotRecord, VoteOutcome, VoteRecord};
use crate::minutes::statement::Section;

pub(super) fn write(writer: &mut Writer<'_>, chapter: u32, number: u32) {
    let votes = &writer.minutes.votes;
    let Some(vote) = votes.iter().find(|vote| vote.number == number) else {
        return;
    };
    let section = Section::Course { chapter };
    let key = |part: &str| format!("vote/{number}/{part}");
    let text = format!(
        "- {}: Biểu quyết lần {number} bằng hình thức {}: “{}”.",
        time(vote.opened.value),
        method(vote.rules.method),
        vote.rules.question
    );
    writer.say(
        key("question"),
        section.clone(),
        vec![vote.opened.seq],
        text,
    );
    match &vote.outcome {
        VoteOutcome::Cancelled { reason, at } => {
            let text = format!(
                "Cuộc biểu quyết bị hủy lúc {}, không có kết quả; lý do: {reason}.",
                time(at.value)
            );
            writer.say(key("cancelled"), section, vec![at.seq], text);
        }
        VoteOutcome::Closed { result, at } => {
            let seqs = vec![at.seq];
            writer.say(
                key("figures"),
                section.clone(),
                seqs.clone(),
                figures(result),
            );
            if let Some(text) = urn(result) {
                writer.say(key("urn"), section.clone(), seqs.clone(), text);
            }
            writer.say(key("result"), section.clone(), seqs, outcome(vote, result));
            ballots(writer, vote, section);
        }
    }
}

fn method(method: VoteMethod) -> &'static str {
    match method {
        VoteMethod::RollCall => "gọi tên",
        VoteMethod::ShowOfHands => "giơ tay",
        VoteMethod::Secret => "bỏ phiếu kín",
    }
}

fn figures(result: &VoteResult) -> String {
    let options = result.options.iter().map(|option| {
        format!(
            "{}: {} phiếu ({})",
            option.text,
            count(option.votes),
            percent(option.votes, result.entitled)
        )
    });
    format!(
        "Tổng số phiếu có quyền biểu quyết: {}; số phiếu đã biểu quyết: {} ({}). {}.",
        count(result.entitled),
        count(result.given),
        percent(result.given, result.entitled),
        options.collect::<Vec<_>>().join("; ")
    )
}

/// What a secret vote can be checked by.
fn urn(result: &VoteResult) -> Option<String> {
    let root = result.root.as_ref()?;
    let papers = result.papers.unwrap_or_default();
    Some(format!(
        "Số phiếu phát ra: {}; số phiếu thu về: {}. Mã kiểm chứng hòm phiếu (gốc cây Merkle, \
         SHA-256): {}.",
        count(u64::from(papers)),
        count(result.given),
        fingerprint(root)
    ))
}

fn outcome(vote: &VoteRecord, result: &VoteResult) -> String {
    let needed = needed(vote.rules.majority);
    let carried = result.carried.and_then(|i| result.options.get(i as usize));
    match carried {
        _ if !result.quorum => format!(
            "Kết quả: không đủ số phiếu tối thiểu ({}% số phiếu có quyền biểu quyết).",
            vote.rules.quorum_percent
        ),
        Some(_) if result.carried == Some(0) && vote.rules.options == VoteOption::usual() => {
            format!("Kết quả: được thông qua (yêu cầu: {needed}).")
        }
        Some(option) => format!(
            "Kết quả: phương án “{}” đạt tỷ lệ yêu cầu ({needed}).",
            option.text
        ),
        None => format!("Kết quả: không có phương án nào đạt tỷ lệ yêu cầu ({needed})."),
    }
}

fn needed(majority: Majority) -> String {
    match majority {
        Majority::Simple => "quá nửa số phiếu có ý kiến".to_owned(),
        Majority::Absolute => "quá nửa số phiếu có quyền biểu quyết".to_owned(),
        Majority::TwoThirds => "ít nhất hai phần ba số phiếu có quyền biểu quyết".to_owned(),
        Majority::Share { percent, of } => {
            let base = match of {
                VoteBase::Voting => "số phiếu có ý kiến",
                VoteBase::Entitled => "số phiếu có quyền biểu quyết",
            };
            format!("ít nhất {percent}% {base}")
        }
    }
}

/// How each voted, where few did; more stand in an annex.
fn ballots(writer: &mut Writer<'_>, vote: &VoteRecord, section: Section) {
    if vote.ballots.is_empty() {
        return;
    }
    let seqs = vote.ballots.iter().filter_map(|b| b.counts.as_ref());
    let seqs: Vec<u64> = seqs.map(|counts| counts.seq).collect();
    let text = if is_long(vote) {
        let annex = writer.annex(Annexed::Vote(vote.number));
        format!("Kết quả chi tiết tại {annex} kèm theo.")
    } else {
        let each = vote.ballots.iter();
        let each = each.map(|b| format!("{}: {}", writer.name(&b.participant), choice(vote, b)));
        format!("Cụ thể: {}.", each.collect::<Vec<_>>().join("; "))
    };
    writer.say(format!("vote/{}/ballots", vote.number), section, seqs, text);
}

/// What somebody chose: an option, or how many of its delegates chose what.
pub(crate) fn choice(vote: &VoteRecord, ballot: &BallotRecord) -> String {
    let Some(counts) = &ballot.counts else {
        return "Không tham gia".to_owned();
    };
    let chosen = vote.rules.options.iter().zip(&counts.value);
    let chosen = chosen.filter(|(_, votes)| **votes > 0);
    let words = chosen.map(|(option, votes)| match vote.rules.unit {
        VoteUnit::Site => option.text.clone(),
        VoteUnit::Delegate => format!("{} {}", option.text, count(u64::from(*votes))),
    });
    words.collect::<Vec<_>>().join(", ")
}
