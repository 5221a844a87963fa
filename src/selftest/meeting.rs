//! The sites of the test, and what its director says to them and hears of the
//! meeting.

use std::path::PathBuf;
use std::time::Duration;

use diemcau_protocol::{
    Command, CreateMeeting, Event, Invitee, MeetingCreated, MeetingEnd, MeetingId, ParticipantId,
    ParticipantKind, Role, ServerMessage,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::load::client::Client;
use crate::load::crowd::{Crowd, Habits, Person};
use crate::load::{ClientError, LoadError};
use crate::serve::Notice;

/// Who is in the meeting: the chair first, the secretary next. Minutes are
/// signed by people.
const SITES: [(&str, Role, ParticipantKind); 5] = [
    ("Chủ tọa thử", Role::Chair, ParticipantKind::Person),
    ("Thư ký thử", Role::Secretary, ParticipantKind::Person),
    ("Điểm cầu thử số 1", Role::Operator, ParticipantKind::Site),
    ("Điểm cầu thử số 2", Role::Operator, ParticipantKind::Site),
    ("Điểm cầu thử số 3", Role::Operator, ParticipantKind::Site),
];
/// What follows from a command is there by then, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Their places in the meeting.
pub(super) const CHAIR: usize = 0;
pub(super) const SECRETARY: usize = 1;
pub(super) const GUEST: usize = 2;

/// Where the server is.
pub(super) struct Place {
    pub(super) client: Client,
    /// An administrator's token.
    pub(super) token: String,
}

impl Place {
    /// As the operator is told of it.
    pub(super) fn of(notice: &Notice) -> Result<Self, ClientError> {
        let none = || ClientError::Address(String::new());
        let address = notice.addresses.first().ok_or_else(none)?;
        let authority: Option<PathBuf> = notice.authority.clone();
        let token = notice.administrator.split('#').nth(1);
        Ok(Self {
            client: Client::new(address, authority.as_deref())?,
            token: token.unwrap_or_default().to_owned(),
        })
    }
}

/// Why the meeting does not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stuck {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{0} did not happen in time")]
    NotHappened(&'static str),
    #[error("{0}: {1}")]
    Otherwise(&'static str, String),
    #[error("{}", .0.join("; "))]
    Sites(Vec<String>),
}

/// The meeting under way.
pub(super) struct Meeting {
    pub(super) id: MeetingId,
    pub(super) crowd: Crowd,
    people: Vec<mpsc::UnboundedSender<Command>>,
    places: Vec<ParticipantId>,
    invitations: Vec<String>,
    /// What the chair is told.
    told: mpsc::UnboundedReceiver<ServerMessage>,
}

impl Meeting {
    /// Makes the meeting; its sites are on their way in.
    pub(super) async fn gather(place: &Place) -> Result<Self, Stuck> {
        let invitees = SITES.map(|(name, role, kind)| Invitee {
            name: Some(name.to_owned()),
            role,
            kind,
            unit: None,
        });
        let wanted = CreateMeeting {
            title: "Họp thử sau khi cài đặt".into(),
            host_unit: "Tự kiểm tra hệ thống".into(),
            invitees: invitees.into(),
            video_codec: None,
            rehearsal: false,
        };
        let client = &place.client;
        let created: MeetingCreated = client
            .post("/api/v1/meetings", &place.token, &wanted)
            .await?;
        let (hears, told) = mpsc::unbounded_channel();
        let (not_heard, _) = mpsc::unbounded_channel();
        let mut people = Vec::new();
        let mut behind = Vec::new();
        for seat in 0..SITES.len() {
            let (wants, says) = mpsc::unbounded_channel();
            people.push(wants);
            let hears = if seat == CHAIR { &hears } else { &not_heard };
            let hears = hears.clone();
            behind.push(Person { says, hears });
        }
        let habits = Habits {
            speakers: SITES.len() as u16,
            thumbnails: 3,
            drop_permille: 0,
            threads: 1,
            is_real: true,
        };
        let crowd = Crowd::enter(client, &created, &habits, behind)?;
        let invitations = created.links.iter().map(|link| {
            let token = link.path.split_once('#').map_or("", |(_, token)| token);
            token.to_owned()
        });
        Ok(Self {
            id: created.meeting,
            crowd,
            people,
            invitations: invitations.collect(),
            places: created.links.into_iter().map(|l| l.participant).collect(),
            told,
        })
    }

    /// How many sites there are.
    pub(super) fn sites(&self) -> usize {
        self.people.len()
    }

    /// The invitation of one of the sites.
    pub(super) fn invitation(&self, seat: usize) -> String {
        self.invitations[seat].clone()
    }

    pub(super) fn participant(&self, seat: usize) -> ParticipantId {
        self.places[seat].clone()
    }

    /// One of the sites does something. Where it is refused, the site goes, and
    /// the chair does not hear of what was to follow.
    pub(super) fn says(&self, seat: usize, command: Command) {
        // A site that is gone is told of by `is_whole`.
        let _ = self.people[seat].send(command);
    }

    /// Waits for something that happens in the meeting.
    pub(super) async fn hears<T>(
        &mut self,
        what: &'static str,
        mut is_it: impl FnMut(Event) -> Option<T>,
    ) -> Result<T, Stuck> {
        self.is_told(what, |message| {
            let ServerMessage::Events { events, .. } = message else {
                return None;
            };
            events.into_iter().find_map(|told| is_it(told.event))
        })
        .await
    }

    /// Waits for the end, as every site is told of it.
    pub(super) async fn ends(&mut self) -> Result<MeetingEnd, Stuck> {
        self.is_told("the end of the meeting", |message| match message {
            ServerMessage::Ended(end) => Some(end),
            _ => None,
        })
        .await
    }

    async fn is_told<T>(
        &mut self,
        what: &'static str,
        mut is_it: impl FnMut(ServerMessage) -> Option<T>,
    ) -> Result<T, Stuck> {
        let heard = async {
            loop {
                let message = self.told.recv().await?;
                if let Some(found) = is_it(message) {
                    return Some(found);
                }
            }
        };
        match timeout(PATIENCE, heard).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) | Err(_) => {
                self.is_whole()?;
                Err(Stuck::NotHappened(what))
            }
        }
    }

    /// Whether every site came in and is still there.
    pub(super) fn is_whole(&self) -> Result<(), Stuck> {
        let read = self.crowd.read();
        match read.kept_out + read.dropped_out {
            0 => Ok(()),
            _ => Err(Stuck::Sites(read.failures)),
        }
    }
}
