//! `diemcau verify`: whether the archive of a meeting is as it was signed.
//! Needs no server and no network.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use diemcau_recorder::{
    Against, Fault, Finding, Folder, Identity, KeyError, LockError, MANIFEST, NoCertificate, Stamp,
    StampFault, TimestampAuthorities, TrustedKeys, Verdict, Verification,
};
use time::OffsetDateTime;

use crate::probe::Language;

/// The names of what a self-test leaves in a folder.
pub(crate) const KEPT_ARCHIVE: &str = "archive";
/// As above: the public key.
pub(crate) const KEPT_KEY: &str = "archive.pub";

/// What to verify.
#[derive(Debug, Clone, clap::Args)]
pub struct VerifyArgs {
    /// The archive: the folder with manifest.json in it, or what `diemcau
    /// selftest` has left
    pub folder: PathBuf,
    /// The public keys that are trusted (PEM), from `diemcau admin archive-key`;
    /// never those that lie in the folder
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// An identity of age, where the archive is encrypted: what is inside is
    /// looked at, too
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// The certificates (PEM) of time-stamping authorities, or of those above
    /// them, that are trusted: there must be a time stamp of theirs
    #[arg(long, value_name = "FILE")]
    pub timestamp_ca: Option<PathBuf>,
    /// The language of the verdict; without it that of the surroundings
    #[arg(long)]
    pub lang: Option<Language>,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The keys cannot be used.
    #[error("{}: {source}", path.display())]
    Key {
        /// Their file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// The identity cannot be used.
    #[error("{}: {source}", path.display())]
    Identity {
        /// Its file.
        path: PathBuf,
        /// Why not.
        source: LockError,
    },
    /// The authorities cannot be used.
    #[error("{}: {source}", path.display())]
    Authorities {
        /// Their file.
        path: PathBuf,
        /// Why not.
        source: NoCertificate,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// What was found cannot be written down.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status: 0 whole and signed by a trusted key, 3 whole and the
    /// signer unknown, 1 anything else.
    pub status: u8,
    /// For whoever asked.
    pub text: String,
}

/// Verifies an archive.
///
/// # Errors
/// When what was given to verify with cannot be used.
pub fn run(args: &VerifyArgs) -> Result<Outcome, VerifyError> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|source| VerifyError::Io {
            path: path.clone(),
            source,
        })
    };
    let keys = args.key.as_ref().map(|path| {
        TrustedKeys::from_pem(&read(path)?).map_err(|source| VerifyError::Key {
            path: path.clone(),
            source,
        })
    });
    let identity = args.identity.as_ref().map(|path| {
        Identity::from_text(&read(path)?).map_err(|source| VerifyError::Identity {
            path: path.clone(),
            source,
        })
    });
    let authorities = args.timestamp_ca.as_ref().map(|path| {
        TimestampAuthorities::from_pem(&read(path)?).map_err(|source| VerifyError::Authorities {
            path: path.clone(),
            source,
        })
    });
    let (keys, identity) = (keys.transpose()?, identity.transpose()?);
    let authorities = authorities.transpose()?;
    let against = Against {
        keys: keys.as_ref(),
        identity: identity.as_ref(),
        authorities: authorities.as_ref(),
    };
    let found = against.verify(&Folder(archive_in(&args.folder)));
    let language = args.lang.unwrap_or_else(Language::of_surroundings);
    Ok(Outcome {
        status: found.verdict.exit_status(),
        text: if args.json {
            serde_json::to_string_pretty(&found)? + "\n"
        } else {
            text(language, &found)
        },
    })
}

/// What a self-test has left holds the archive and its key and nothing else, so
/// that nothing there could be taken for verified.
fn archive_in(folder: &Path) -> PathBuf {
    let is_left = |name: &std::ffi::OsStr| name == KEPT_ARCHIVE || name == KEPT_KEY;
    let kept = folder.join(KEPT_ARCHIVE);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names = entries.map(|entry| entry.is_ok_and(|entry| is_left(&entry.file_name())));
    match kept.join(MANIFEST).is_file() && names.all(|is_left| is_left) {
        true => kept,
        false => folder.to_owned(),
    }
}

/// The verdict, and what does not hold.
fn text(language: Language, found: &Verification) -> String {
    let mut text = language
        .choose(verdict_vi(found.verdict), verdict_en(found.verdict))
        .to_owned();
    let mut line = |name_vi: &'static str, name_en: &'static str, value: &str| {
        let name = language.choose(name_vi, name_en);
        // Writing to a text cannot fail.
        let _ = write!(text, "\n  {name}: {value}");
    };
    line("Số tệp đã kiểm tra", "files", &found.files.to_string());
    line(
        "Số sự kiện trong nhật ký",
        "events in the log",
        &found.events.to_string(),
    );
    if found.additions > 0 {
        let additions = found.additions.to_string();
        line("Số phần bổ sung có chữ ký", "signed additions", &additions);
    }
    if let Some(hash) = &found.closing_hash {
        line("Mã băm kết thúc nhật ký", "closing hash of the log", hash);
    }
    if let Some(key) = &found.key {
        line("Khóa đã ký", "signed by the key", key);
    }
    if let Some(stamp) = &found.stamp {
        let value = stamped(language, stamp);
        line("Dấu thời gian", "time stamp", &value);
    }
    if found.locked > 0 {
        let value = language.choose(
            "đã mã hóa, chỉ kiểm tra được từ bên ngoài; thêm --identity để kiểm tra bên trong",
            "encrypted, looked at from outside only; give --identity to look inside",
        );
        let value = format!("{} ({value})", found.locked);
        line("Số tệp bị khóa", "locked files", &value);
    }
    for Finding { file, fault } in &found.findings {
        let fault = match language {
            Language::Vi => fault_vi(fault),
            Language::En => fault_en(fault),
        };
        let _ = write!(text, "\n  {file}: {fault}");
    }
    text.push('\n');
    text
}

fn stamped(language: Language, stamp: &Stamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(stamp.at / 1_000);
    let at = at.map_or_else(
        |_| stamp.at.to_string(),
        |at| format!("{} {} UTC", at.date(), at.time()),
    );
    let trust = match stamp.trusted {
        Some(true) => language.choose("tổ chức tin cậy", "a trusted authority"),
        Some(false) => language.choose("tổ chức lạ", "not a trusted authority"),
        None => language.choose(
            "chưa kiểm tra tổ chức; thêm --timestamp-ca",
            "authority not checked; give --timestamp-ca",
        ),
    };
    format!("{at}, {} ({trust})", stamp.authority)
}

fn verdict_vi(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Whole => "Hồ sơ nguyên vẹn, do khóa tin cậy ký.",
        Verdict::SignerUnknown => {
            "Hồ sơ nguyên vẹn, nhưng chưa rõ ai ký. Hãy kiểm tra lại với --key và khóa công khai \
             lấy từ máy chủ."
        }
        Verdict::Broken => "Hồ sơ KHÔNG nguyên vẹn hoặc không do khóa tin cậy ký.",
    }
}

fn verdict_en(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Whole => "The archive is whole and signed by a trusted key.",
        Verdict::SignerUnknown => {
            "The archive is whole, signer unknown. Verify again with --key and the public key \
             that the server gives."
        }
        Verdict::Broken => "The archive is NOT whole, or not signed by a trusted key.",
    }
}

fn fault_vi(fault: &Fault) -> String {
    match fault {
        Fault::Unreadable { reason } => format!("không đọc được ({reason})"),
        Fault::Missing => "bị thiếu".into(),
        Fault::Renamed { from } => format!("bị đổi tên, khi ký là {from}"),
        Fault::Added => "được thêm vào sau khi ký".into(),
        Fault::Truncated { signed, found } => {
            format!("sai độ dài: khi ký {signed} byte, nay {found} byte")
        }
        Fault::Altered => "nội dung đã bị thay đổi".into(),
        Fault::Swapped { with } => format!("bị tráo: có nội dung của {with}"),
        Fault::Malformed => "sai khuôn dạng".into(),
        Fault::UnknownFormat { version } => {
            format!("phiên bản khuôn dạng {version} mới hơn chương trình này")
        }
        Fault::SignatureWrong => "chữ ký không đúng với bản kê".into(),
        Fault::ForeignSigner { key } => format!("do khóa lạ ký ({key})"),
        Fault::EventUnreadable { seq } => format!("sự kiện {seq} không đọc được"),
        Fault::EventAltered { seq } => format!("sự kiện {seq} đã bị thay đổi"),
        Fault::ChainBroken { seq } => format!("chuỗi băm đứt tại sự kiện {seq}"),
        Fault::ForeignValue { seq, field } => {
            format!("sự kiện {seq}: giá trị “{field}” không khớp cam kết")
        }
        Fault::ClosingHashDiffers => "mã băm kết thúc khác với bản kê".into(),
        Fault::OutOfPlace => "phần bổ sung không thuộc hồ sơ này hoặc sai thứ tự".into(),
        Fault::WrongIdentity => "đã mã hóa, khóa đưa vào không mở được".into(),
        Fault::InsideAltered => "nội dung bên trong lớp mã hóa không đúng như khi ký".into(),
        Fault::StampWrong { reason } => {
            let reason = match reason {
                StampFault::Unreadable | StampFault::Refused => "sai khuôn dạng",
                StampFault::Foreign | StampFault::WrongNonce => "không phải của bản kê này",
                StampFault::UnknownMethod => "thuật toán không rõ hoặc không còn an toàn",
                StampFault::SignatureWrong => "chữ ký không đúng",
                StampFault::NotAnAuthority => {
                    "chứng thư không dùng để cấp dấu thời gian hoặc khi đó không có hiệu lực"
                }
            };
            format!("dấu thời gian không hợp lệ: {reason}")
        }
        Fault::ForeignAuthority { authority } => {
            format!("dấu thời gian do tổ chức không được tin cậy cấp ({authority})")
        }
    }
}

fn fault_en(fault: &Fault) -> String {
    match fault {
        Fault::Unreadable { reason } => format!("cannot be read ({reason})"),
        Fault::Missing => "is missing".into(),
        Fault::Renamed { from } => format!("was renamed; signed as {from}"),
        Fault::Added => "was added after the signing".into(),
        Fault::Truncated { signed, found } => {
            format!("has another length: {signed} bytes when signed, {found} now")
        }
        Fault::Altered => "its content was changed".into(),
        Fault::Swapped { with } => format!("was swapped: it has the content of {with}"),
        Fault::Malformed => "is not in its form".into(),
        Fault::UnknownFormat { version } => {
            format!("format version {version} is newer than this program")
        }
        Fault::SignatureWrong => "the signature is not of this manifest".into(),
        Fault::ForeignSigner { key } => format!("signed by a key that is not trusted ({key})"),
        Fault::EventUnreadable { seq } => format!("event {seq} cannot be read"),
        Fault::EventAltered { seq } => format!("event {seq} was changed"),
        Fault::ChainBroken { seq } => format!("the chain is broken at event {seq}"),
        Fault::ForeignValue { seq, field } => {
            format!("event {seq}: the value “{field}” does not fit its commitment")
        }
        Fault::ClosingHashDiffers => "the closing hash is not the manifest's".into(),
        Fault::OutOfPlace => {
            "the addition is of another archive, or does not follow the one before it".into()
        }
        Fault::WrongIdentity => "is encrypted, and the identity given does not open it".into(),
        Fault::InsideAltered => "what is inside the encryption is not what was signed".into(),
        Fault::StampWrong { reason } => format!("the time stamp does not hold: {reason}"),
        Fault::ForeignAuthority { authority } => {
            format!("the time stamp is of an authority that is not trusted ({authority})")
        }
    }
}
