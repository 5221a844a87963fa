//! `diemcau verify`: whether the archive of a meeting is as it was signed.
//! Needs no server and no network.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use diemcau_recorder::{Fault, Finding, KeyError, MANIFEST, TrustedKeys, Verdict, Verification};

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
/// When the trusted keys cannot be used.
pub fn run(args: &VerifyArgs) -> Result<Outcome, VerifyError> {
    let read = |path: &PathBuf| {
        let pem = std::fs::read_to_string(path).map_err(KeyError::from);
        let keys = pem.and_then(|pem| TrustedKeys::from_pem(&pem));
        keys.map_err(|source| VerifyError::Key {
            path: path.clone(),
            source,
        })
    };
    let trusted = args.key.as_ref().map(read).transpose()?;
    let found = diemcau_recorder::verify(&archive_in(&args.folder), trusted.as_ref());
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
    }
}
