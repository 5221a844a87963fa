//! The codes of everything that can be refused.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why something was refused. The client has the text for each code in the
/// user's language; the `detail` beside it is for technicians.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or not of the form that its type asks for.
    BadMessage,
    /// Larger than the boundary allows.
    TooLarge,
    /// More messages than the boundary allows; slow down.
    RateLimited,
    /// Client and server are too far apart in version; reload the page.
    UnsupportedVersion,
    /// The first message must be `hello`, and there is only one.
    HelloExpected,
    /// A command that this server does not know.
    UnknownCommand,
    /// The token is missing, malformed or signed by somebody else.
    TokenInvalid,
    /// The token was good once.
    TokenExpired,
    /// The role does not allow it.
    Forbidden,
    /// There is no such meeting.
    MeetingNotFound,
    /// There is no such participant in the meeting.
    UnknownParticipant,
    /// Only who is in the meeting can do that.
    NotInMeeting,
    /// The chair closed the microphone; only the chair opens it again.
    MutedByChair,
    /// The meeting goes by the floor, and the participant does not hold it.
    FloorNeeded,
    /// As many hold the floor as may.
    FloorTaken,
    /// The participant does not hold the floor.
    FloorNotHeld,
    /// The site has not consented to its microphone being opened.
    ConsentNeeded,
    /// Nobody asked for that.
    NotAsked,
    /// A number is outside its limits.
    OutOfRange,
    /// The meeting is locked: nobody new comes in.
    MeetingLocked,
    /// The meeting is over.
    MeetingEnded,
    /// The participant waits in the lobby.
    InLobby,
    /// The participant was removed and cannot come back.
    Removed,
    /// There is no such item on the agenda.
    UnknownItem,
    /// The item is dealt with now.
    ItemRunning,
    /// No roll call is open.
    NoRollCall,
    /// A roll call is open already.
    RollCallOpen,
    /// A check of who is there is under way already.
    CheckOpen,
    /// Nothing was prepared for the stage.
    NothingPrepared,
    /// The chat is off.
    ChatOff,
    /// A vote is open already.
    VoteOpen,
    /// That vote is not open.
    NoVote,
    /// That vote is given in another way.
    VoteOtherWay,
    /// The rules of the vote do not go together.
    VoteUnfit,
    /// The participant is not entitled in that vote.
    NotEntitled,
    /// Somebody else is called now.
    NotCalled,
    /// The vote was given and may not be changed.
    AlreadyVoted,
    /// Another ballot paper was taken before.
    PaperTaken,
    /// Ballot papers cannot be taken yet; try again in a moment.
    PapersNotReady,
    /// The ballot is not one that this vote gave out.
    BallotInvalid,
    /// There is no such document, or no such version of it.
    UnknownDocument,
    /// The document may be opened only once its item is begun.
    DocumentNotYet,
    /// The document was withdrawn.
    DocumentWithdrawn,
    /// Files of this kind are not taken, or the content is not what the name
    /// says.
    DocumentUnfit,
    /// A virus was found in the file.
    DocumentInfected,
    /// The file could not be searched for viruses.
    DocumentNotScanned,
    /// The meeting has as many documents as it may have.
    DocumentsFull,
    /// The document has no pages that others could follow.
    DocumentNotPaged,
    /// Somebody else leads from page to page.
    LeadTaken,
    /// Groups discuss apart already.
    GroupsOpen,
    /// No groups discuss apart now.
    NoGroups,
    /// There is no such group.
    UnknownGroup,
    /// The groups overlap, or there are too many.
    GroupsUnfit,
    /// The participant is in a group, not in the plenary.
    InGroup,
    /// The participant is in the plenary, not in a group.
    InPlenary,
    /// There is no such channel of interpretation.
    UnknownChannel,
    /// There is a channel of that language already.
    ChannelExists,
    /// The participant is not an interpreter of the channel.
    NotInterpreter,
    /// The participant interprets, and is not heard on the floor.
    Interprets,
    /// Another interpreter has the air.
    AirTaken,
    /// A name is needed to join.
    NameRequired,
    /// The text is empty.
    TextEmpty,
    /// The text is longer than allowed.
    TextTooLong,
    /// Nothing can be stored now (disk full, database locked); nothing was
    /// changed, try again.
    StorageUnavailable,
    /// The session description cannot be used.
    SdpInvalid,
    /// The media connection is unknown here (the server was restarted); make
    /// a new one.
    UnknownSession,
    /// The media plane does not answer.
    MediaUnavailable,
    /// The same participant joined from another tab or machine.
    TakenOver,
    /// The server is stopping; come back in a moment.
    ServerStopping,
    /// Nothing was heard from the client for too long.
    HeartbeatLost,
    /// The client reads too slowly; come back for a fresh state.
    TooSlow,
    /// The identifier is in use.
    AlreadyExists,
    /// What was to be changed is closed.
    Closed,
    /// The tier is unknown, or not below that of the unit above.
    TierUnfit,
    /// A unit would stand below itself.
    Cycle,
    /// Units, sites or people still belong to it.
    NotEmpty,
    /// It was changed by somebody else meanwhile; read it again.
    Outdated,
    /// A change must say which version it is a change to.
    PreconditionRequired,
    /// The idempotency key was used for another request.
    KeyReused,
    /// Something that was sent cannot be used; a report says which lines.
    ImportRefused,
    /// The organiser has not confirmed that the content is no state secret.
    ConfirmationNeeded,
    /// Nobody would be invited.
    NobodyInvited,
    /// More sites than the meeting may have.
    TooManySites,
    /// More sites than the server may have at once.
    ServerFull,
    /// The room of the meeting is not open yet.
    NotOpenYet,
    /// The meeting was cancelled.
    MeetingCancelled,
    /// The invitation was withdrawn.
    InvitationWithdrawn,
    /// As many guests have come with the invitation as may.
    InvitationUsedUp,
    /// The room was opened: what is left to change is changed in the meeting.
    MeetingUnderWay,
    /// The end is not after the start, or the start is over.
    TimeUnfit,
    /// A webhook cannot go to that address, or is told of nothing.
    WebhookUnfit,
    /// The rule of repetition is not one that is known here.
    RepeatUnfit,
    /// The archive is under a legal hold.
    ArchiveHeld,
    /// The archive must still be kept.
    ArchiveNotDue,
    /// The archive is encrypted, and the server has no key that opens it.
    ArchiveLocked,
    /// The archive was destroyed; who, when and why is still told.
    ArchiveDestroyed,
    /// Nobody has proposed the destruction.
    DestructionNotProposed,
    /// Whoever proposed cannot confirm.
    SecondPersonNeeded,
    /// Nothing can be rendered on this server.
    RenderUnavailable,
    /// Nobody is signed in here, or not any longer.
    SignInNeeded,
    /// Name and password do not go together; which of them is wrong is not
    /// said.
    CredentialsWrong,
    /// The code of the authenticator is needed beside the password.
    CodeNeeded,
    /// The code is wrong, or was used before.
    CodeWrong,
    /// Too many failed; the answer says how long to wait.
    TooManyAttempts,
    /// The password is too short, too long, or easy to guess.
    PasswordWeak,
    /// The link was used, has expired, or was never one.
    LinkInvalid,
    /// The request comes from a page of another site.
    CrossSite,
    /// The provider of identities does not answer; local accounts go on.
    ProviderUnavailable,
    /// The provider of identities did not confirm who it is.
    ProviderRefused,
    /// The provider knows the person, but no account goes with it.
    NoAccount,
    /// There is no such recording, or it is not finished.
    UnknownRecording,
    /// The meeting left no minutes: it was rehearsed and never opened, or its
    /// log does not say when it ended.
    NoMinutes,
    /// The minutes are approved, issued or superseded, and frozen.
    MinutesFrozen,
    /// The chair has not approved the minutes.
    MinutesNotApproved,
    /// The minutes are not issued.
    MinutesNotIssued,
    /// The minutes are issued already.
    MinutesIssued,
    /// Only the chair does this.
    OnlyTheChair,
    /// Only the secretary, or the chair, does this.
    OnlyTheSecretary,
    /// There is no such statement in the minutes.
    UnknownStatement,
    /// What was established is corrected, with a reason, and not rewritten.
    Established,
    /// What somebody wrote is rewritten, and not corrected.
    NotEstablished,
    /// Nothing can be written there.
    NoSuchPlace,
    /// A correction needs a reason.
    ReasonMissing,
    /// The number of the minutes is not one.
    BadNumber,
    /// The year is not one.
    BadYear,
    /// The unit has issued other minutes under that number in that year.
    NumberTaken,
    /// The name under a signature is missing.
    SignerMissing,
    /// Too many statements were written into the minutes.
    TooManyStatements,
    /// The template cannot be used.
    BadTemplate,
    /// The file is not a PDF, or a damaged one.
    NotAPdf,
    /// The PDF is encrypted.
    PdfEncrypted,
    /// The PDF's text is not the one that was issued.
    TextDiffers,
    /// Something was put over the pages.
    PagesCovered,
    /// Nobody signed the PDF.
    NotSigned,
    /// The server has no speech server.
    TranscriptOff,
    /// No hall shows that code, or not any longer.
    PairingUnknown,
    /// There is no such address.
    NotFound,
    /// A fault of the server; it is logged.
    Internal,
}
