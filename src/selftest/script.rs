//! What happens in the meeting of the test, and what has to come of it.

use std::time::{Duration, Instant};

use diemcau_protocol::{
    Command, CourseCommand, Event, Majority, MeetingEnd, MeetingId, RECORDING_NOTICE,
    RecordingCommand, RecordingEvent, RollCallCommand, RollCallEvent, RollFinding, SourceKind,
    SourceRef, VoteMethod, VoteOption, VoteRules, VoteUnit, VotesCommand, VotesEvent,
};
use tokio::time::{Instant as Moment, sleep, sleep_until};

use super::archive;
use super::ground::Ground;
use super::meeting::{CHAIR, GUEST, Meeting, Place, SECRETARY, Stuck};
use super::{Failure, Run, Step};
use crate::load::{ClientError, SETTLE};

/// So long the meeting is recorded.
const LENGTH: Duration = Duration::from_secs(20);
/// When something happens in it.
const STAGE_AT: Duration = Duration::from_secs(4);
const VOTE_AT: Duration = Duration::from_secs(8);
const CHAT_AT: Duration = Duration::from_secs(12);
const BACK_AT: Duration = Duration::from_secs(15);
/// How often it is looked whether all sites are in.
const LOOK: Duration = Duration::from_millis(100);
/// How many people each site tells of.
const PEOPLE: u32 = 4;
/// Of a thousand packets so many may be lost on the way through one machine.
const MOST_LOST: u64 = 5;

/// A meeting that was held.
pub(super) struct Held {
    pub(super) meeting: MeetingId,
    /// Its end as the sites were told.
    pub(super) end: MeetingEnd,
    /// The chair's invitation, and so below.
    pub(super) chair: String,
    pub(super) secretary: String,
}

impl Run<'_> {
    /// From the first site to the verified archive.
    pub(super) async fn script(
        &mut self,
        ground: &Ground,
        place: Result<Place, ClientError>,
    ) -> Result<(), Failure> {
        let place = place.map_err(|why| self.fails(&why))?;
        let held = self.meet(&place).await.map_err(|why| self.fails(&why))?;
        let Held { meeting, end, .. } = &held;
        self.begins(Step::Recording);
        let ended = Instant::now();
        let recorded = archive::made(&place, meeting).await;
        let recorded = recorded.map_err(|why| self.fails(&why))?;
        self.figures.archive_seconds = Some(ended.elapsed().as_secs_f64());
        self.figures.recorded_seconds = Some(recorded.seconds);
        self.figures.gap_ms = Some(recorded.gap_ms);
        let is_good = recorded.is_good(LENGTH, end);
        is_good.map_err(|why| self.fails(&why))?;
        self.holds();

        self.begins(Step::Minutes);
        let issued = archive::issue_minutes(&place, &held).await;
        let issued = issued.map_err(|why| self.fails(&why))?;
        self.figures.minutes_number = Some(issued.number);
        self.figures.minutes_pages = Some(issued.pages);
        self.holds();

        self.begins(Step::Archive);
        let verified = archive::verified(ground, meeting).await;
        let verified = verified.map_err(|why| self.fails(&why))?;
        self.figures.files = Some(verified.files);
        self.figures.events = Some(verified.events as u64);
        self.figures.closing_hash = verified.closing_hash;
        self.holds();
        Ok(())
    }

    /// Holds the meeting.
    async fn meet(&mut self, place: &Place) -> Result<Held, Stuck> {
        self.begins(Step::Sites);
        let mut meeting = Meeting::gather(place).await?;
        while !meeting.crowd.has_settled() {
            sleep(LOOK).await;
        }
        let read = meeting.crowd.read();
        self.figures.joined = Some([read.joined, meeting.sites() as u64]);
        meeting.is_whole()?;
        let in_after = read.last_join.map(|last| last - meeting.crowd.epoch);
        self.figures.join_seconds = in_after.map(|after| after.as_secs_f64());
        self.holds();

        self.begins(Step::RollCall);
        self.call_the_roll(&mut meeting).await?;
        self.holds();

        self.begins(Step::Meeting);
        meeting
            .hears("the beginning of the recording", |event| match event {
                Event::Recording(RecordingEvent::Started) => Some(()),
                _ => None,
            })
            .await?;
        self.record(&mut meeting).await?;
        meeting.is_whole()?;
        self.holds();

        self.begins(Step::Media);
        meeting.crowd.end_counting();
        sleep(SETTLE).await;
        meeting.says(CHAIR, Command::Course(CourseCommand::End));
        let end = meeting.ends().await?;
        let held = Held {
            meeting: meeting.id.clone(),
            end,
            chair: meeting.invitation(CHAIR),
            secretary: meeting.invitation(SECRETARY),
        };
        let (figures, _) = meeting.crowd.leave().await?;
        let total = figures.total();
        self.figures.packets_received = Some(total.received);
        self.figures.packets_lost = Some(total.lost);
        if total.received == 0 || total.lost * 1_000 > total.expected * MOST_LOST {
            let lost = format!("{} of {} packets were lost", total.lost, total.expected);
            return Err(Stuck::Otherwise("sound and picture", lost));
        }
        self.holds();
        Ok(held)
    }

    /// The recording is announced, and meanwhile every site says that it is
    /// here.
    async fn call_the_roll(&mut self, meeting: &mut Meeting) -> Result<(), Stuck> {
        let seconds = RECORDING_NOTICE;
        let announce = RecordingCommand::Announce { seconds };
        meeting.says(CHAIR, Command::Recording(announce));
        meeting.says(SECRETARY, Command::RollCall(RollCallCommand::Open));
        let opened = |event| match event {
            Event::RollCall(RollCallEvent::Opened { .. }) => Some(()),
            _ => None,
        };
        meeting.hears("the roll call", opened).await?;
        for seat in 0..meeting.sites() {
            let answer = RollCallCommand::Answer {
                headcount: PEOPLE,
                delegates: String::new(),
            };
            meeting.says(seat, Command::RollCall(answer));
        }
        let mut missing = meeting.sites();
        meeting
            .hears("the answer of every site", |event| {
                if let Event::RollCall(RollCallEvent::Answered { .. }) = event {
                    missing -= 1;
                }
                (missing == 0).then_some(())
            })
            .await?;
        meeting.says(SECRETARY, Command::RollCall(RollCallCommand::Close));
        let closed = |event| match event {
            Event::RollCall(RollCallEvent::Closed { result, .. }) => Some(result),
            _ => None,
        };
        let result = meeting.hears("the end of the roll call", closed).await?;
        let is_present = |found| found == RollFinding::Present;
        let present = result.entries.iter().filter(|e| is_present(e.found));
        let present = present.count();
        let told = result.entries.iter().filter_map(|entry| entry.headcount);
        self.figures.present = Some(present as u64);
        self.figures.headcount = Some(told.map(u64::from).sum());
        if present != meeting.sites() {
            let found = format!("{present} of {} are present", meeting.sites());
            return Err(Stuck::Otherwise("the roll call", found));
        }
        Ok(())
    }

    /// What is recorded.
    async fn record(&mut self, meeting: &mut Meeting) -> Result<(), Stuck> {
        let began = Moment::now();
        meeting.crowd.begin_counting();
        self.until(began, STAGE_AT).await;
        let commanded = Instant::now();
        show(meeting, GUEST).await?;
        self.figures.stage_ms = u64::try_from(commanded.elapsed().as_millis()).ok();

        self.until(began, VOTE_AT).await;
        self.vote(meeting).await?;

        self.until(began, CHAT_AT).await;
        let text = "Điểm cầu nghe và nhìn rõ.".to_owned();
        meeting.says(GUEST, Command::SendChat { text });
        let said = |event| match event {
            Event::ChatSent { .. } => Some(()),
            _ => None,
        };
        meeting.hears("the chat message", said).await?;

        self.until(began, BACK_AT).await;
        show(meeting, CHAIR).await?;
        self.until(began, LENGTH).await;
        Ok(())
    }

    async fn vote(&mut self, meeting: &mut Meeting) -> Result<(), Stuck> {
        let rules = VoteRules {
            question: "Thông qua kết quả kiểm tra hệ thống".into(),
            options: VoteOption::usual(),
            method: VoteMethod::ShowOfHands,
            unit: VoteUnit::Site,
            voters: Vec::new(),
            quorum_percent: 50,
            majority: Majority::Simple,
            may_change: false,
        };
        let seconds = None;
        meeting.says(CHAIR, Command::Votes(VotesCommand::Open { rules, seconds }));
        let opened = |event| match event {
            Event::Votes(VotesEvent::Opened { number, .. }) => Some(number),
            _ => None,
        };
        let number = meeting.hears("the vote", opened).await?;
        let mut missing = meeting.sites();
        for seat in 0..missing {
            let counts = vec![1, 0, 0];
            let cast = VotesCommand::Cast { number, counts };
            meeting.says(seat, Command::Votes(cast));
        }
        meeting
            .hears("the vote of every site", |event| {
                if let Event::Votes(VotesEvent::Cast { .. }) = event {
                    missing -= 1;
                }
                (missing == 0).then_some(())
            })
            .await?;
        meeting.says(CHAIR, Command::Votes(VotesCommand::Close { number }));
        let closed = |event| match event {
            Event::Votes(VotesEvent::Closed { result, .. }) => Some(result),
            _ => None,
        };
        let result = meeting.hears("the result of the vote", closed).await?;
        let votes = result.options.first().map_or(0, |option| option.votes);
        self.figures.votes = Some([votes, result.given]);
        if result.carried != Some(0) || votes != meeting.sites() as u64 {
            let found = format!("{votes} of {} are for it", meeting.sites());
            return Err(Stuck::Otherwise("the vote", found));
        }
        Ok(())
    }

    /// Lets time pass until so long after the beginning.
    async fn until(&mut self, began: Moment, after: Duration) {
        let second = Duration::from_secs(1);
        loop {
            let passed = began.elapsed();
            self.left(LENGTH.saturating_sub(passed).as_secs());
            if passed >= after {
                return;
            }
            sleep_until(began + after.min(passed + second)).await;
        }
    }
}

/// Puts a site's camera on the stage.
async fn show(meeting: &mut Meeting, seat: usize) -> Result<(), Stuck> {
    let wanted = SourceRef {
        participant: meeting.participant(seat),
        kind: SourceKind::Camera,
    };
    let source = Some(wanted.clone());
    meeting.says(CHAIR, Command::SetStage { source });
    let shown = |event| match event {
        Event::StageSet { stage, .. } if stage.source.as_ref() == Some(&wanted) => Some(()),
        _ => None,
    };
    meeting.hears("the change of the stage", shown).await
}
