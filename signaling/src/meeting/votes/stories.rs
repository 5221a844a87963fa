//! Stories of votes on the pure state machine.

use diemcau_protocol::{
    Command, ErrorCode, Event, Majority, ParticipantId, Role, RollCallCommand, VoteMethod,
    VoteOption, VoteResult, VoteRules, VoteUnit, Voter, VotesCommand, VotesEvent,
};

use super::super::world::Meeting;
use super::super::{apply, hear_box};
use super::{BASE64, BoxNews, Engine, PAPER_LENGTH, Tally};

fn rules(method: VoteMethod) -> VoteRules {
    VoteRules {
        question: "Thông qua Nghị quyết về phòng chống bão".to_owned(),
        options: VoteOption::usual(),
        method,
        unit: VoteUnit::Site,
        voters: Vec::new(),
        quorum_percent: 50,
        majority: Majority::Absolute,
        may_change: false,
    }
}

fn voter(who: &str, weight: u32, headcount: u32) -> Voter {
    Voter {
        participant: who.into(),
        weight,
        headcount,
    }
}

fn open(rules: VoteRules) -> VotesCommand {
    VotesCommand::Open {
        rules,
        seconds: None,
    }
}

fn cast(counts: [u32; 3]) -> VotesCommand {
    VotesCommand::Cast {
        number: 1,
        counts: counts.to_vec(),
    }
}

fn paper(byte: u8) -> VotesCommand {
    VotesCommand::TakePaper {
        number: 1,
        blinded: BASE64.encode([byte; PAPER_LENGTH]),
    }
}

const CLOSE: VotesCommand = VotesCommand::Close { number: 1 };

/// The chair, a secretary, two communes and the technicians.
fn province() -> Meeting {
    let mut meeting = Meeting::of_three();
    meeting.joins("thư ký", Role::Secretary);
    meeting.joins("kỹ thuật", Role::Controller);
    meeting.joins("dự thính", Role::Observer);
    meeting
}

fn says(meeting: &mut Meeting, who: &str, what: VotesCommand) -> Result<Vec<Event>, ErrorCode> {
    meeting.commands(who, Command::Votes(what))
}

/// The ballot box tells something.
fn tells(meeting: &mut Meeting, news: &BoxNews) -> usize {
    let events = hear_box(&meeting.state, news);
    for event in &events {
        apply(&mut meeting.state, meeting.now, event);
    }
    events.len()
}

fn called(meeting: &Meeting) -> Option<&str> {
    let vote = meeting.state.procedure.votes.open.as_ref().unwrap();
    vote.called.as_ref().map(ParticipantId::as_str)
}

fn last(meeting: &Meeting) -> VoteResult {
    meeting.state.procedure.votes.last.clone().unwrap()
}

fn figures(result: &VoteResult) -> Vec<u64> {
    result.options.iter().map(|option| option.votes).collect()
}

#[test]
fn each_is_called_in_order_and_answers() {
    let mut meeting = province();
    let asked = says(&mut meeting, "thư ký", open(rules(VoteMethod::RollCall)));
    assert_eq!(asked.unwrap().len(), 2);
    assert_eq!(called(&meeting), Some("chủ tọa"));
    assert_eq!(
        says(&mut meeting, "xã An Bình", cast([1, 0, 0])),
        Err(ErrorCode::NotCalled)
    );
    says(&mut meeting, "chủ tọa", cast([1, 0, 0])).unwrap();
    // Nobody answers at xã An Bình; its turn comes again.
    assert_eq!(called(&meeting), Some("xã An Bình"));
    says(
        &mut meeting,
        "thư ký",
        VotesCommand::Call { participant: None },
    )
    .unwrap();
    says(&mut meeting, "xã Hòa Lạc", cast([0, 1, 0])).unwrap();
    says(&mut meeting, "thư ký", cast([1, 0, 0])).unwrap();
    assert_eq!(called(&meeting), Some("xã An Bình"));
    says(&mut meeting, "xã An Bình", cast([1, 0, 0])).unwrap();
    assert_eq!(called(&meeting), None);
    assert_eq!(
        says(&mut meeting, "xã An Bình", cast([0, 1, 0])),
        Err(ErrorCode::AlreadyVoted)
    );
    says(&mut meeting, "thư ký", CLOSE).unwrap();
    let result = last(&meeting);
    assert_eq!(figures(&result), [3, 1, 0]);
    assert_eq!((result.entitled, result.given), (4, 4));
    assert_eq!((result.quorum, result.carried), (true, Some(0)));
    assert_eq!(says(&mut meeting, "thư ký", CLOSE), Err(ErrorCode::NoVote));
}

#[test]
fn sites_tell_how_many_of_their_delegates_chose_what() {
    let mut meeting = province();
    let asked = VoteRules {
        unit: VoteUnit::Delegate,
        voters: vec![voter("xã An Bình", 1, 12), voter("xã Hòa Lạc", 2, 5)],
        majority: Majority::TwoThirds,
        quorum_percent: 80,
        may_change: true,
        ..rules(VoteMethod::ShowOfHands)
    };
    says(&mut meeting, "chủ tọa", open(asked)).unwrap();
    for wrong in [[13, 0, 0], [0, 0, 0], [u32::MAX, u32::MAX, 2]] {
        let refused = says(&mut meeting, "xã An Bình", cast(wrong));
        assert_eq!(refused, Err(ErrorCode::OutOfRange));
    }
    assert_eq!(
        says(&mut meeting, "chủ tọa", cast([1, 0, 0])),
        Err(ErrorCode::NotEntitled)
    );
    says(&mut meeting, "xã An Bình", cast([1, 9, 0])).unwrap();
    says(&mut meeting, "xã An Bình", cast([8, 1, 1])).unwrap();
    assert_eq!(
        says(&mut meeting, "xã An Bình", cast([8, 1, 1])),
        Ok(vec![])
    );
    says(&mut meeting, "xã Hòa Lạc", cast([4, 0, 0])).unwrap();
    says(&mut meeting, "chủ tọa", CLOSE).unwrap();
    let result = last(&meeting);
    assert_eq!(figures(&result), [16, 1, 1]);
    assert_eq!((result.entitled, result.given), (22, 18));
    assert_eq!((result.quorum, result.carried), (true, Some(0)));
}

#[test]
fn places_vote_for_as_many_as_they_told_at_the_roll_call() {
    let mut meeting = province();
    let answer = RollCallCommand::Answer {
        headcount: 12,
        delegates: String::new(),
    };
    for (who, what) in [
        ("thư ký", RollCallCommand::Open),
        ("xã An Bình", answer),
        ("thư ký", RollCallCommand::Close),
    ] {
        meeting.commands(who, Command::RollCall(what)).unwrap();
    }
    let asked = VoteRules {
        unit: VoteUnit::Delegate,
        ..rules(VoteMethod::ShowOfHands)
    };
    says(&mut meeting, "chủ tọa", open(asked)).unwrap();
    let vote = meeting.state.procedure.votes.open.as_ref().unwrap();
    let headcounts: Vec<u32> = vote.rules.voters.iter().map(|v| v.headcount).collect();
    assert_eq!(headcounts, [1, 12, 1, 1]);
}

#[test]
fn too_few_votes_carry_nothing() {
    let mut meeting = province();
    let asked = VoteRules {
        quorum_percent: 51,
        majority: Majority::Simple,
        ..rules(VoteMethod::ShowOfHands)
    };
    says(&mut meeting, "chủ tọa", open(asked)).unwrap();
    says(&mut meeting, "xã An Bình", cast([1, 0, 0])).unwrap();
    says(&mut meeting, "chủ tọa", cast([1, 0, 0])).unwrap();
    says(&mut meeting, "chủ tọa", CLOSE).unwrap();
    let result = last(&meeting);
    assert_eq!((result.given, result.entitled), (2, 4));
    assert_eq!((result.quorum, result.carried), (false, None));
}

#[test]
fn it_goes_on_without_whoever_opened_it_until_time_is_up() {
    let mut meeting = province();
    let asked = VotesCommand::Open {
        rules: rules(VoteMethod::ShowOfHands),
        seconds: Some(60),
    };
    says(&mut meeting, "chủ tọa", asked).unwrap();
    says(&mut meeting, "chủ tọa", cast([1, 0, 0])).unwrap();
    meeting.commands("chủ tọa", Command::Leave).unwrap();
    meeting.happen(&Event::ServerRestarted);
    meeting.joins("xã An Bình", Role::Operator);
    says(&mut meeting, "xã An Bình", cast([1, 0, 0])).unwrap();
    meeting.joins("xã mới", Role::Operator);
    assert_eq!(
        says(&mut meeting, "xã mới", cast([1, 0, 0])),
        Err(ErrorCode::NotEntitled)
    );
    let events = meeting.passes(60);
    assert!(matches!(
        &events[..],
        [Event::Votes(VotesEvent::Closed { by: None, .. })]
    ));
    assert_eq!(figures(&last(&meeting)), [2, 0, 0]);
}

#[test]
fn one_vote_at_a_time_and_each_has_its_number() {
    let mut meeting = province();
    says(
        &mut meeting,
        "chủ tọa",
        open(rules(VoteMethod::ShowOfHands)),
    )
    .unwrap();
    assert_eq!(
        says(&mut meeting, "thư ký", open(rules(VoteMethod::RollCall))),
        Err(ErrorCode::VoteOpen)
    );
    let cancel = |reason: &str| VotesCommand::Cancel {
        number: 1,
        reason: reason.to_owned(),
    };
    assert_eq!(
        says(&mut meeting, "chủ tọa", cancel(" ")),
        Err(ErrorCode::TextEmpty)
    );
    says(&mut meeting, "chủ tọa", cancel("Đọc nhầm câu hỏi")).unwrap();
    assert_eq!(meeting.state.procedure.votes.last, None);
    says(
        &mut meeting,
        "chủ tọa",
        open(rules(VoteMethod::ShowOfHands)),
    )
    .unwrap();
    // What was meant for the first vote does not count in the second.
    assert_eq!(
        says(&mut meeting, "xã An Bình", cast([1, 0, 0])),
        Err(ErrorCode::NoVote)
    );
    assert_eq!(meeting.state.procedure.votes.opened, 2);
}

#[test]
fn rules_that_do_not_go_together_open_nothing() {
    let hands = || rules(VoteMethod::ShowOfHands);
    let secret = || rules(VoteMethod::Secret);
    let option = |text: &str, abstention| VoteOption {
        text: text.to_owned(),
        abstention,
    };
    let share = |percent| Majority::Share {
        percent,
        of: diemcau_protocol::VoteBase::Entitled,
    };
    let two = vec![voter("xã An Bình", 1, 1), voter("xã Hòa Lạc", 1, 1)];
    let unequal = [two.clone(), vec![voter("chủ tọa", 2, 1)]].concat();
    for (rules, code) in [
        (
            VoteRules {
                question: " ".into(),
                ..hands()
            },
            ErrorCode::TextEmpty,
        ),
        (
            VoteRules {
                question: "ễ".repeat(1_001),
                ..hands()
            },
            ErrorCode::TextTooLong,
        ),
        (
            VoteRules {
                options: vec![option("Một", false)],
                ..hands()
            },
            ErrorCode::OutOfRange,
        ),
        (
            VoteRules {
                options: vec![option("Có", false); 2],
                ..hands()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                options: vec![option("Có", true), option("Không", true)],
                ..hands()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                quorum_percent: 101,
                ..hands()
            },
            ErrorCode::OutOfRange,
        ),
        (
            VoteRules {
                majority: share(0),
                ..hands()
            },
            ErrorCode::OutOfRange,
        ),
        (
            VoteRules {
                voters: vec![voter("ai đó", 1, 1)],
                ..hands()
            },
            ErrorCode::UnknownParticipant,
        ),
        (
            VoteRules {
                voters: vec![voter("dự thính", 1, 1)],
                ..hands()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                voters: vec![voter("xã An Bình", 1, 2)],
                ..hands()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                voters: vec![voter("xã An Bình", 0, 1)],
                ..hands()
            },
            ErrorCode::OutOfRange,
        ),
        (
            VoteRules {
                voters: vec![two[0].clone(); 2],
                ..hands()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                unit: VoteUnit::Delegate,
                ..secret()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                may_change: true,
                ..secret()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                voters: unequal,
                ..secret()
            },
            ErrorCode::VoteUnfit,
        ),
        (
            VoteRules {
                voters: two,
                ..secret()
            },
            ErrorCode::VoteUnfit,
        ),
    ] {
        let outcome = says(&mut province(), "chủ tọa", open(rules.clone()));
        assert_eq!(outcome, Err(code), "{rules:?}");
    }
    let forever = VotesCommand::Open {
        rules: hands(),
        seconds: Some(0),
    };
    assert_eq!(
        says(&mut province(), "chủ tọa", forever),
        Err(ErrorCode::OutOfRange)
    );
}

#[test]
fn of_a_secret_vote_the_meeting_knows_papers_and_figures() {
    let mut meeting = province();
    says(&mut meeting, "chủ tọa", open(rules(VoteMethod::Secret))).unwrap();
    assert_eq!(
        says(&mut meeting, "xã An Bình", paper(1)),
        Err(ErrorCode::PapersNotReady)
    );
    let ready = BoxNews::PapersReady {
        number: 1,
        key: "khóa".to_owned(),
    };
    assert_eq!(tells(&mut meeting, &ready), 1);
    assert_eq!(tells(&mut meeting, &ready), 0);
    assert_eq!(
        says(&mut meeting, "xã An Bình", cast([1, 0, 0])),
        Err(ErrorCode::VoteOtherWay)
    );
    assert_eq!(
        says(&mut meeting, "kỹ thuật", paper(1)),
        Err(ErrorCode::Forbidden)
    );
    let short = VotesCommand::TakePaper {
        number: 1,
        blinded: "AAAA".to_owned(),
    };
    assert_eq!(
        says(&mut meeting, "xã An Bình", short),
        Err(ErrorCode::BadMessage)
    );
    assert_eq!(says(&mut meeting, "xã An Bình", paper(1)).unwrap().len(), 1);
    // The same again is answered again, another one is not.
    assert_eq!(says(&mut meeting, "xã An Bình", paper(1)), Ok(vec![]));
    assert_eq!(
        says(&mut meeting, "xã An Bình", paper(2)),
        Err(ErrorCode::PaperTaken)
    );
    let counted = BoxNews::Counted(Tally {
        number: 1,
        votes: vec![0, 1, 0],
        root: "gốc".to_owned(),
    });
    assert_eq!(tells(&mut meeting, &counted), 0, "it is not sealed");
    assert_eq!(says(&mut meeting, "chủ tọa", CLOSE).unwrap().len(), 1);
    assert_eq!(says(&mut meeting, "thư ký", CLOSE), Ok(vec![]));
    assert_eq!(
        says(&mut meeting, "xã Hòa Lạc", paper(3)),
        Err(ErrorCode::NoVote)
    );
    assert_eq!(tells(&mut meeting, &counted), 1);
    let result = last(&meeting);
    assert_eq!(figures(&result), [0, 1, 0]);
    assert_eq!(
        (result.papers, result.root.as_deref()),
        (Some(1), Some("gốc"))
    );
    assert_eq!((result.entitled, result.given), (4, 1));
    assert_eq!(tells(&mut meeting, &counted), 0);
}

#[test]
fn a_secret_vote_is_sealed_when_its_time_is_up() {
    let mut meeting = province();
    let asked = VotesCommand::Open {
        rules: rules(VoteMethod::Secret),
        seconds: Some(60),
    };
    says(&mut meeting, "chủ tọa", asked).unwrap();
    let events = meeting.passes(60);
    assert_eq!(events, [Event::Votes(VotesEvent::Sealed { by: None })]);
}
