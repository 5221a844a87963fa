//! Synthetic sites in a meeting: on their way in, in it, and gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use diemcau_protocol::MeetingCreated;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::LoadError;
use super::client::Client;
use super::engine::{Engine, Order};
use super::figures::Figures;
use super::film::Film;
pub(crate) use super::site::Person;
use super::site::{Common, Part, Site};
use super::tally::{Read, Tally};

/// So many sites are on their way in at a time; a door has a width.
const DOOR: usize = 12;

/// What the sites of a meeting do.
pub(crate) struct Habits {
    /// The first so many send pictures and take turns in speaking.
    pub(crate) speakers: u16,
    /// How many cameras each draws beside the stage.
    pub(crate) thumbnails: u8,
    /// Which share of what comes in is dropped, in thousandths.
    pub(crate) drop_permille: u64,
    /// Threads that carry their media.
    pub(crate) threads: u8,
    /// What they send can be decoded.
    pub(crate) is_real: bool,
}

/// All sites of a meeting.
pub(crate) struct Crowd {
    /// When the first one set out.
    pub(crate) epoch: Instant,
    invited: u64,
    tally: Arc<Tally>,
    engines: Vec<Engine>,
    sites: JoinSet<()>,
    end: watch::Sender<bool>,
}

impl Crowd {
    /// Lets a site set out for each link; the first ones act as these people
    /// want.
    ///
    /// # Errors
    /// When this machine gives no thread.
    pub(crate) fn enter(
        client: &Client,
        created: &MeetingCreated,
        habits: &Habits,
        people: Vec<Person>,
    ) -> Result<Self, LoadError> {
        let epoch = Instant::now();
        let tally = Arc::new(Tally::new());
        let (end, over) = watch::channel(false);
        let engines = (0..habits.threads.max(1))
            .map(|_| {
                let tally = Arc::clone(&tally);
                let on_fault = move |index: usize, why| {
                    tally.failed(u16::try_from(index).unwrap_or(u16::MAX), why);
                };
                Engine::start(epoch, Box::new(on_fault))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let common = Common {
            client: client.clone(),
            tally: Arc::clone(&tally),
            epoch,
            door: Arc::new(Semaphore::new(DOOR)),
            over,
        };
        let invited = created.links.len();
        let mut people = people.into_iter();
        let mut sites = JoinSet::new();
        for (index, link) in (0_u16..).zip(&created.links) {
            let part = Part {
                index,
                speakers: habits
                    .speakers
                    .min(u16::try_from(invited).unwrap_or(u16::MAX)),
                thumbnails: habits.thumbnails,
                drop_permille: habits.drop_permille,
                film: habits.is_real.then(Film::reel),
            };
            let engine = engines[usize::from(index) % engines.len()].handle();
            let common = common.clone();
            let site = Site::new(common, engine, part, created, link, people.next());
            sites.spawn(site.run());
        }
        Ok(Self {
            epoch,
            invited: invited as u64,
            tally,
            engines,
            sites,
            end,
        })
    }

    /// What happened to them so far.
    pub(crate) fn read(&self) -> Read {
        self.tally.read()
    }

    /// Whether each has come in, or will not.
    pub(crate) fn has_settled(&self) -> bool {
        let read = self.tally.read();
        read.joined + read.kept_out >= self.invited
    }

    /// Datagrams that they received so far, and packets that are missing now.
    pub(super) fn received(&self) -> (u64, u64) {
        let each = self.engines.iter().map(|engine| {
            let progress = &engine.progress;
            let datagrams = progress.datagrams.load(Ordering::Relaxed);
            (datagrams, progress.missing.load(Ordering::Relaxed))
        });
        each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn order(&self, order: impl Fn() -> Order) {
        self.engines.iter().for_each(|e| e.handle().send(order()));
    }

    /// Counts packets from here on.
    pub(crate) fn begin_counting(&self) {
        self.order(|| Order::Measure);
    }

    /// Counts nothing new; what was lost last may still be repaired.
    pub(crate) fn end_counting(&self) {
        self.order(|| Order::Settle);
    }

    /// All of them leave. What they counted, and what happened to them.
    ///
    /// # Errors
    /// When a media thread broke.
    pub(crate) async fn leave(self) -> Result<(Figures, Read), LoadError> {
        let Self {
            tally,
            engines,
            mut sites,
            end,
            ..
        } = self;
        let mut figures = Figures::new();
        let mut whole = true;
        for engine in engines {
            match engine.finish() {
                Some(measured) => figures.add(&measured),
                None => whole = false,
            }
        }
        // Who is told that the run is over goes by itself.
        let _ = end.send(true);
        while sites.join_next().await.is_some() {}
        match whole {
            true => Ok((figures, tally.read())),
            false => Err(LoadError::Broken),
        }
    }
}
