//! Every type that crosses a boundary of Điểm Cầu.
//!
//! ```text
//!   browser  <── ClientMessage / ServerMessage ──>  signaling
//!   signaling <── MediaCommand / MediaEvent ──>     sfu
//!   signaling ── WantedRecording ──>                recorder
//!   sfu       <── FromMedia / ToMedia ──>           recorder
//! ```
//!
//! Messages are closed tagged unions in JSON. A message or field that is not
//! known is ignored at the boundary (a peer may be one version ahead); inside,
//! known ones are matched exhaustively. What the browser sees is exported to
//! TypeScript by `make types`.

mod admission;
mod agenda;
mod archive;
mod ballots;
mod client;
mod conduct;
mod course;
mod delivery;
mod documents;
mod error;
mod event;
mod floor;
mod groups;
mod guest;
mod hall;
mod identity;
mod ids;
mod interpretation;
mod line_test;
mod media;
mod microphones;
mod minutes;
mod organisation;
mod procedure;
mod recorder;
mod recording;
mod rest;
mod role;
mod roll_call;
mod roster;
mod schedule;
mod selection;
mod server;
mod signed;
mod source;
mod stage;
mod templates;
mod transcript;
mod verification;
mod votes;

pub use admission::{
    Admission, AdmissionCommand, AdmissionEvent, LobbyMode, LobbyView, REASON_LENGTH, Waiting,
};
pub use agenda::{
    AGENDA_ITEMS, Agenda, AgendaCommand, AgendaEvent, AgendaItem, ITEM_DOCUMENTS,
    ITEM_TITLE_LENGTH, SPEAKERS_LENGTH,
};
pub use archive::{
    ArchiveManifest, ArchiveRight, ArchiveShare, ArchiveShares, ArchivedFile, ENCRYPTED,
    EncryptedFile, FoundPlace, FoundWords, GapReason, LONGEST_SHARE, MarkKind, QUERY_LENGTH,
    RECORDINGS_PAGE, RecordedPart, RecordedTrack, RecordingEntry, RecordingGap, RecordingMark,
    RecordingPage, RecordingState, RecordingTimeline, RecordingView, SearchedPlace, ShareArchive,
};
pub use ballots::{AskReceipt, BallotAnswer, BallotReceipt, BallotState, CastBallot};
pub use client::{
    ClientMessage, Command, CommandMessage, Hello, LayersMessage, LayoutMessage, OfferMessage,
    PingMessage,
};
pub use conduct::{
    ANNOUNCEMENT_LENGTH, Announcement, ChatMode, Conduct, ConductCommand, ConductEvent,
    NOTE_LENGTH, Note, Pause,
};
pub use course::{
    Awaited, Course, CourseCommand, CourseEvent, MeetingEnd, NoStateSecrets, PlannedTime,
};
pub use delivery::{
    CalendarAddress, CreateWebhook, Delivery, DeliveryKind, DeliveryList, DeliveryState, Webhook,
    WebhookCreated, WebhookEvent, WebhookList,
};
pub use documents::{
    DOCUMENT_VERSIONS, Document, DocumentAccess, DocumentEntry, DocumentFile, DocumentKind,
    DocumentList, DocumentVersion, Documents, DocumentsCommand, DocumentsEvent, FILE_NAME_LENGTH,
    LAST_PAGE, LedPage, MEETING_DOCUMENTS,
};
pub use error::ErrorCode;
pub use event::{Event, LeaveReason, Stage, StageMode};
pub use floor::{
    FLOORS_AT_ONCE, Floor, FloorCommand, FloorEnd, FloorEvent, FloorHolder, FloorMode, FloorPolicy,
    LONGEST_TIME,
};
pub use groups::{
    GROUP_UNITS, GROUPS, Group, GroupDiscussion, GroupMessage, GroupPlan, Groups, GroupsCommand,
    GroupsEvent,
};
pub use guest::{CreateGuestInvitation, GuestInvitation, GuestInvitations, PlaceTaken, TakePlace};
pub use hall::{HallDevice, HandToSite, NextMeeting, PairDevice, PairedDevice, PairedDevices};
pub use identity::{
    Account, AccountPage, ApiToken, ApiTokens, ChangeAccount, ChangePassword, ConfirmSecondFactor,
    CreateAccount, CreateApiToken, FirstPassword, Me, NewApiToken, NewSecondFactor, PasswordLink,
    RecoveryCodes, RemoveSecondFactor, RoleGrant, SessionView, Sessions, SignIn, SignInMethod,
    SignInOptions, SignedOut, SystemRole, TokenScope,
};
pub use ids::{CommandId, Cursor, MeetingId, ParticipantId, SessionId};
pub use interpretation::{
    CHANNELS, Channel, Interpretation, InterpretationCommand, InterpretationEvent, LANGUAGE_LENGTH,
};
pub use line_test::{LineTest, LineTestCount};
pub use media::{
    DesiredChange, DesiredInterpreter, DesiredMeeting, DesiredParticipant, LineQuality,
    MediaCommand, MediaEvent, MediaOffer, OfferedSlot, OfferedSource, PublishRights, SlotKind,
    SlotShows, SlotWish, SourceLayer, VideoCodec, WantedSource,
};
pub use microphones::{MicrophoneHold, Microphones, MicrophonesCommand, MicrophonesEvent};
pub use minutes::{
    AttendeeCell, ChangeMinutes, Correction, EDITS_AT_ONCE, Editor, IssueMinutes, MinutesDraft,
    MinutesEdit, MinutesIssue, MinutesNumber, MinutesRevision, MinutesSection, MinutesStage,
    MinutesState, MinutesTemplate, MinutesVersion, MinutesVersions, Signer, Statement,
    StatementOrigin, SupersedeMinutes,
};
pub use organisation::{
    AuditVerification, ChangeMember, ChangeUnit, CreateMember, CreateUnit, ImportLine,
    ImportReport, LineOutcome, Member, MemberPage, MergeUnit, NamePeriod, SetTiers, Tier,
    TierPreset, Tiers, Unit, UnitPage,
};
pub use procedure::Procedure;
pub use recorder::{
    FromMedia, MIX_CSRC, StagedSource, ToMedia, TrackCodec, TrackLayer, TrackPacket,
    WantedRecording,
};
pub use recording::{RECORDING_NOTICE, Recording, RecordingCommand, RecordingEvent};
pub use rest::{
    CreateMeeting, DemoPage, Invitation, InviteLink, Invitee, MeetingCreated, ProblemDetails,
};
pub use role::{Action, ParticipantKind, Role};
pub use roll_call::{
    DELEGATES_LENGTH, HEADCOUNT, PresenceCheck, RollAnswer, RollCall, RollCallCommand,
    RollCallEvent, RollCalls, RollEntry, RollFinding, RollResult,
};
pub use roster::{
    LARGE_MEETING, ROSTER_NAMED, ROSTER_PAGE, Roster, RosterChange, RosterMessage, RosterPage,
};
pub use schedule::{
    CancelMeeting, ChangeMeeting, Contact, InvitationLink, InvitationPage, LetterLanguage,
    MeetingPage, MeetingPolicy, MeetingSource, MeetingState, MeetingsPlanned, ORGANISER,
    PlanMeeting, PlannedItem, PlannedMeeting, SELECTION_LENGTH, SecrecyConfirmation, TIME_ZONE,
};
pub use selection::{
    ConfirmSelection, Excepted, Invited, InvitedKind, Selection, SelectionDifference,
    SelectionEntry, SelectionPreview,
};
pub use server::{
    AnnouncedEvent, ChatEntry, IceServer, MeetingInfo, Participant, Presence, ServerMessage,
    Snapshot, Welcome, You,
};
pub use signed::{PdfSignature, Sameness, SignatureFinding, SignedMinutes};
pub use source::{SourceKind, SourceRef, csrc_of, source_of_csrc};
pub use stage::{StageCommand, StageDocument, StageEvent, StagePlan, StageShow};
pub use templates::{MeetingTemplate, SetTemplate, TemplateList};
pub use transcript::{Transcript, TranscriptSegment, TranscriptState};
pub use verification::{
    ArchiveFault, ArchiveFinding, ArchiveReason, ArchiveStamp, ArchiveVerification, StampFault,
    Verdict,
};
pub use votes::{
    FEWEST_SECRET, GREATEST_WEIGHT, MOST_DELEGATES, MOST_OPTIONS, Majority, OPTION_LENGTH,
    OptionResult, QUESTION_LENGTH, Vote, VoteBase, VoteMethod, VoteOption, VoteResult, VoteRules,
    VoteUnit, Voter, Votes, VotesCommand, VotesEvent,
};

/// The version of the wire protocol that this build speaks. Peers one version
/// apart work together.
///
/// 2: the roster of a large meeting comes in pages.
pub const PROTOCOL_VERSION: u32 = 2;

/// The oldest protocol version that this build still accepts.
pub const OLDEST_PROTOCOL_VERSION: u32 = 1;

/// The longest chat message, in Unicode scalar values.
pub const CHAT_LENGTH: u32 = 2_000;

/// The longest name of a site or a person, in Unicode scalar values.
pub const NAME_LENGTH: u32 = 120;
