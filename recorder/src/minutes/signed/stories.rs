//! Stories of signed minutes that come back. They are signed by OpenSSL, as by
//! any other signer's program: the product itself never signs for people.

use std::fs;
use std::path::Path;
use std::process::Command;

use lopdf::{Dictionary, Document, IncrementalDocument, Object, StringFormat, dictionary};
use tempfile::TempDir;

use super::*;
use crate::minutes::conference;
use crate::minutes::draft::Draft;
use crate::minutes::paper::put_on_paper;

/// Room for a signature, in bytes.
const ROOM: usize = 8_192;

/// Somebody with a certificate.
pub(crate) struct Signer {
    folder: TempDir,
}

impl Signer {
    fn new(name: &str, key: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let subject = format!("/CN={name}/O=Ủy ban nhân dân tỉnh Lâm Sơn");
        let mut arguments = vec!["req", "-x509", "-utf8", "-nodes", "-days", "3650"];
        arguments.extend(["-subj", &subject, "-keyout", "key.pem", "-out", "cert.pem"]);
        arguments.extend(key);
        openssl(folder.path(), &arguments);
        Self { folder }
    }

    pub(crate) fn chair() -> Self {
        Self::new("Nguyễn Văn Bình", &["-newkey", "rsa:2048"])
    }

    fn agency() -> Self {
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        Self::new("UBND tỉnh Lâm Sơn", &curve)
    }

    /// Signs a PDF as signers do: what was there stays, the signature is
    /// appended, and it covers everything but itself.
    pub(crate) fn signs(&self, pdf: &[u8]) -> Vec<u8> {
        let mut file = with_empty_signature(pdf, [60.0, 100.0, 200.0, 180.0]);
        let (gap, after) = gap(&file);
        let covered = [&file[..gap], &file[after..]].concat();
        fs::write(self.folder.path().join("covered"), covered).unwrap();
        let sign = "cms -sign -binary -in covered -signer cert.pem -inkey key.pem -md sha256 \
                    -outform DER -out signature";
        openssl(
            self.folder.path(),
            &sign.split_whitespace().collect::<Vec<_>>(),
        );
        let signature = fs::read(self.folder.path().join("signature")).unwrap();
        let digits = hex::encode(signature);
        file[gap + 1..gap + 1 + digits.len()].copy_from_slice(digits.as_bytes());
        file
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A PDF with a signature field on its last page, whose contents are zeros.
fn with_empty_signature(pdf: &[u8], rectangle: [f32; 4]) -> Vec<u8> {
    let file = append(pdf, |update, page| {
        let signature = update.add_object(dictionary! {
            "Type" => "Sig",
            "Filter" => "Adobe.PPKLite",
            "SubFilter" => "adbe.pkcs7.detached",
            "ByteRange" => vec![0.into(), 1_000_000_001.into(), 1_000_000_002.into(), 1_000_000_003.into()],
            "Contents" => Object::String(vec![0; ROOM], StringFormat::Hexadecimal),
        });
        dictionary! {
            "Type" => "Annot",
            "Subtype" => "Widget",
            "FT" => "Sig",
            "T" => Object::string_literal(format!("Signature{}", signature.0)),
            "V" => signature,
            "P" => page,
            "Rect" => rectangle.map(Object::from).to_vec(),
        }
    });
    fill_byte_range(file)
}

/// Appends an annotation to the last page.
fn append(
    pdf: &[u8],
    annotation: impl FnOnce(&mut Document, lopdf::ObjectId) -> Dictionary,
) -> Vec<u8> {
    let before = Document::load_mem(pdf).unwrap();
    let page = *before.get_pages().values().last().unwrap();
    let root = before.trailer.get(b"Root").unwrap().as_reference().unwrap();
    let mut update = IncrementalDocument::create_from(pdf.to_vec(), before);
    update.opt_clone_object_to_new_document(page).unwrap();
    update.opt_clone_object_to_new_document(root).unwrap();
    let new = &mut update.new_document;
    let widget = annotation(new, page);
    let widget = new.add_object(widget);
    let page = new.get_dictionary_mut(page).unwrap();
    let mut all = page
        .get(b"Annots")
        .and_then(Object::as_array)
        .cloned()
        .unwrap_or_default();
    all.push(widget.into());
    page.set("Annots", all);
    let fields = vec![widget.into()];
    let form = dictionary! { "Fields" => fields, "SigFlags" => 3 };
    new.get_dictionary_mut(root).unwrap().set("AcroForm", form);
    let mut file = Vec::new();
    update.save_to(&mut file).unwrap();
    file
}

fn find_last(file: &[u8], what: &[u8]) -> usize {
    let mut places = file.windows(what.len()).enumerate().rev();
    places
        .find(|(_, window)| *window == what)
        .expect("it is there")
        .0
}

/// Where the empty signature lies: its `<`, and behind its `>`.
fn gap(file: &[u8]) -> (usize, usize) {
    let zeros = [b"<".as_slice(), &vec![b'0'; 2 * ROOM], b">"].concat();
    let from = find_last(file, &zeros);
    (from, from + zeros.len())
}

fn fill_byte_range(mut file: Vec<u8>) -> Vec<u8> {
    let (from, after) = gap(&file);
    let rest = file.len() - after;
    for (mark, value) in [
        ("1000000001", from),
        ("1000000002", after),
        ("1000000003", rest),
    ] {
        let place = find_last(&file, mark.as_bytes());
        let value = format!("{value:<10}");
        file[place..place + 10].copy_from_slice(value.as_bytes());
    }
    file
}

fn issued() -> Vec<u8> {
    let draft = Draft::new(conference::minutes());
    put_on_paper(&draft, &conference::template()).unwrap().pdf
}

#[test]
fn minutes_signed_by_the_chair_and_the_agency_come_back() {
    let issued = issued();
    let by_chair = Signer::chair().signs(&issued);
    let found = take_back(&issued, &by_chair).unwrap();
    assert_eq!(found.sameness, Sameness::Untouched);
    let [chair] = &found.signatures[..] else {
        panic!("one signature: {:?}", found.signatures);
    };
    assert_eq!(chair.signer, "Nguyễn Văn Bình");
    assert_eq!(
        chair.organisation.as_deref(),
        Some("Ủy ban nhân dân tỉnh Lâm Sơn")
    );
    assert_eq!(chair.finding, Finding::Valid);
    assert!(chair.covers_whole_file && chair.at.is_some());

    let by_both = Signer::agency().signs(&by_chair);
    let found = take_back(&issued, &by_both).unwrap();
    let told: Vec<(&str, bool, Finding)> = found
        .signatures
        .iter()
        .map(|s| (s.signer.as_str(), s.covers_whole_file, s.finding))
        .collect();
    assert_eq!(
        told,
        [
            ("Nguyễn Văn Bình", false, Finding::Valid),
            ("UBND tỉnh Lâm Sơn", true, Finding::Valid),
        ]
    );
}

#[test]
fn a_byte_that_was_changed_after_signing_is_found() {
    let issued = issued();
    let mut signed = Signer::chair().signs(&issued);
    let place = find_last(&signed, b"Adobe.PPKLite");
    signed[place] = b'B';
    let found = take_back(&issued, &signed).unwrap();
    assert_eq!(found.signatures[0].finding, Finding::Altered);
}

#[test]
fn a_signature_that_the_key_did_not_make_is_not_valid() {
    let issued = issued();
    let mut signed = Signer::chair().signs(&issued);
    let end = signature_end(&signed);
    signed[end] = if signed[end] == b'0' { b'1' } else { b'0' };
    let found = take_back(&issued, &signed).unwrap();
    assert_eq!(found.signatures[0].finding, Finding::WrongKey);
}

/// The last digit of the signature that is not padding.
fn signature_end(file: &[u8]) -> usize {
    let padded = find_last(file, b"0000000000000000>");
    let mut end = padded;
    while file[end] == b'0' {
        end -= 1;
    }
    end
}

#[test]
fn another_text_is_refused_and_the_first_difference_named() {
    let issued = issued();
    let mut minutes = conference::minutes();
    minutes.title.value = "Hội nghị trực tuyến triển khai công tác ứng phó bão số 6".to_owned();
    let other = put_on_paper(&Draft::new(minutes), &conference::template())
        .unwrap()
        .pdf;
    let signed = Signer::chair().signs(&other);
    let refusal = take_back(&issued, &signed).unwrap_err();
    assert_eq!(refusal.code, Code::TextDiffers);
    assert!(refusal.detail.starts_with("page 1: "), "{}", refusal.detail);
    assert!(refusal.detail.contains('6'), "{}", refusal.detail);
}

#[test]
fn what_is_laid_over_the_pages_is_refused() {
    let issued = issued();
    let note = append(&issued, |_, page| {
        dictionary! {
            "Type" => "Annot",
            "Subtype" => "FreeText",
            "P" => page,
            "Contents" => Object::string_literal("30 người"),
            "Rect" => [100, 100, 200, 120].map(Object::from).to_vec(),
        }
    });
    let signed = Signer::chair().signs(&note);
    let refusal = take_back(&issued, &signed).unwrap_err();
    assert_eq!(refusal.code, Code::PagesCovered);
    assert!(refusal.detail.contains("FreeText"));
    let huge = with_empty_signature(&issued, [0.0, 0.0, 595.0, 842.0]);
    assert_eq!(
        take_back(&issued, &huge).unwrap_err().code,
        Code::PagesCovered
    );
}

#[test]
fn a_file_that_is_no_signed_pdf_is_refused_by_code() {
    let issued = issued();
    let code = |file: &[u8]| take_back(&issued, file).unwrap_err().code;
    assert_eq!(code(b""), Code::NotAPdf);
    assert_eq!(code(b"PK\x03\x04 a word processor's file"), Code::NotAPdf);
    assert_eq!(code(&issued), Code::NotSigned);
    assert_eq!(code(&vec![0; LARGEST + 1]), Code::TooLarge);
    let cut = &issued[..issued.len() / 2];
    assert!(matches!(code(cut), Code::NotAPdf | Code::TextDiffers));
    // A signature field without a signature does not hold.
    let empty = with_empty_signature(&issued, [60.0, 100.0, 200.0, 180.0]);
    let found = take_back(&issued, &empty).unwrap();
    assert_eq!(found.signatures[0].finding, Finding::Unreadable);
}
