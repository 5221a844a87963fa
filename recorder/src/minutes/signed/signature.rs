//! The signatures of a PDF (ISO 32000-1 §12.8): what each covers, and whether
//! it holds.

use aws_lc_rs::digest;
use cms::cert::x509::Certificate;
use cms::cert::x509::der::{Any, Decode, Encode};
use cms::cert::x509::time::Time;
use lopdf::{Dictionary, Document, Object};

use super::{Finding, Signature};
use crate::signed_data::{SignedContent, called, open};

const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// Lists the signatures of a document that lies in these bytes.
pub(super) fn list(document: &Document, file: &[u8]) -> Vec<Signature> {
    let objects = document.objects.values();
    let dictionaries = objects.filter_map(|object| object.as_dict().ok());
    let mut signatures: Vec<(usize, Signature)> = dictionaries
        .filter(|dict| dict.has(b"ByteRange") && dict.has(b"Contents"))
        .map(|dict| look_at(dict, file))
        .collect();
    signatures.sort_by_key(|(end, _)| *end);
    signatures
        .into_iter()
        .map(|(_, signature)| signature)
        .collect()
}

/// A signature, and where what it covers ends.
fn look_at(dict: &Dictionary, file: &[u8]) -> (usize, Signature) {
    let mut signature = Signature {
        signer: String::new(),
        organisation: None,
        issuer: String::new(),
        at: None,
        covers_whole_file: false,
        finding: Finding::Unreadable,
    };
    let Some(covered) = Covered::of(dict, file) else {
        return (usize::MAX, signature);
    };
    signature.covers_whole_file = covered.end == file.len();
    let contents = dict.get(b"Contents").and_then(Object::as_str);
    let contents = contents.unwrap_or_default();
    let signed = open(contents);
    if let Some(signer) = signed.as_ref().and_then(SignedContent::signer) {
        introduce(signer.certificate, &mut signature);
        signature.at = signer.attribute(SIGNING_TIME).and_then(moment);
        signature.finding = signer.judge(|by| covered.digest(by));
    }
    (covered.end, signature)
}

/// The bytes that a signature covers: everything but its own contents.
struct Covered<'a> {
    first: &'a [u8],
    second: &'a [u8],
    end: usize,
}

impl<'a> Covered<'a> {
    /// None where the gap is not the signature's own hexadecimal string: there
    /// something else could hide.
    fn of(dict: &Dictionary, file: &'a [u8]) -> Option<Self> {
        let range = dict.get(b"ByteRange").and_then(Object::as_array).ok()?;
        let numbers = range.iter().map(|n| usize::try_from(n.as_i64().ok()?).ok());
        let numbers: Option<Vec<usize>> = numbers.collect();
        let [0, gap, after, length] = numbers?[..] else {
            return None;
        };
        let end = after.checked_add(length)?;
        let first = file.get(..gap)?;
        let between = file.get(gap..after)?;
        let second = file.get(after..end)?;
        let digits = between.strip_prefix(b"<")?.strip_suffix(b">")?;
        let is_string = digits
            .iter()
            .all(|d| d.is_ascii_hexdigit() || d.is_ascii_whitespace());
        is_string.then_some(Self { first, second, end })
    }

    fn digest(&self, by: &'static digest::Algorithm) -> digest::Digest {
        let mut context = digest::Context::new(by);
        context.update(self.first);
        context.update(self.second);
        context.finish()
    }
}

fn introduce(certificate: &Certificate, told: &mut Signature) {
    let tbs = certificate.tbs_certificate();
    let subject = tbs.subject();
    told.signer = called(subject);
    let organisation = subject.organization().ok().flatten();
    told.organisation = organisation.map(|name| name.value().into_owned());
    told.issuer = called(tbs.issuer());
}

fn moment(any: &Any) -> Option<i64> {
    let time = Time::from_der(&any.to_der().ok()?).ok()?;
    i64::try_from(time.to_unix_duration().as_millis()).ok()
}
