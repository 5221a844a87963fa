//! Whether two PDFs say the same.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::Sameness;
use crate::minutes::refusal::{Code, Refusal};

/// What a signer may add to the catalog.
const OF_THE_CATALOG: [&[u8]; 6] = [
    b"AcroForm",
    b"DSS",
    b"Extensions",
    b"Metadata",
    b"Perms",
    b"Version",
];

/// What a signer may add to a page.
const OF_A_PAGE: [&[u8]; 3] = [b"Annots", b"StructParents", b"Tabs"];

/// Words shown on each side of a difference.
const AROUND: usize = 4;

pub(super) fn compare(before: &Document, after: &Document) -> Result<Sameness, Refusal> {
    same_words(before, after)?;
    if is_untouched(before, after) {
        Ok(Sameness::Untouched)
    } else {
        Ok(Sameness::SameWords)
    }
}

fn is_untouched(before: &Document, after: &Document) -> bool {
    let root = |document: &Document| document.trailer.get(b"Root").and_then(Object::as_reference);
    let (Ok(root), Ok(other)) = (root(before), root(after)) else {
        return false;
    };
    let pages: Vec<ObjectId> = before.page_iter().collect();
    if root != other || pages != after.page_iter().collect::<Vec<_>>() {
        return false;
    }
    before.objects.iter().all(|(id, object)| {
        let now = after.objects.get(id);
        let may_add: &[&[u8]] = match *id {
            id if id == root => &OF_THE_CATALOG,
            id if pages.contains(&id) => &OF_A_PAGE,
            _ => &[],
        };
        is_bookkeeping(object) || now.is_some_and(|now| is_same(object, now, may_add))
    })
}

/// Information on the file, and how its objects are packed, are no content.
fn is_bookkeeping(object: &Object) -> bool {
    let kind = object.as_stream().map(|stream| stream.dict.get(b"Type"));
    let kind = kind.and_then(|kind| kind.and_then(Object::as_name));
    let is_info = |dict: &Dictionary| dict.has(b"Producer") || dict.has(b"CreationDate");
    matches!(kind, Ok(b"XRef" | b"ObjStm" | b"Metadata")) || object.as_dict().is_ok_and(is_info)
}

fn is_same(before: &Object, after: &Object, may_add: &[&[u8]]) -> bool {
    let (Object::Dictionary(before), Object::Dictionary(after)) = (before, after) else {
        return before == after;
    };
    let counts = |key: &[u8]| !may_add.contains(&key);
    let kept = before.iter().filter(|(key, _)| counts(key));
    let is_kept = kept
        .clone()
        .all(|(key, value)| after.get(key).is_ok_and(|now| now == value));
    is_kept && after.iter().filter(|(key, _)| counts(key)).count() == kept.count()
}

fn same_words(before: &Document, after: &Document) -> Result<(), Refusal> {
    let (then, now) = (before.get_pages().len(), after.get_pages().len());
    if then != now {
        let detail = format!("{then} pages were issued, this has {now}");
        return Err(Refusal::new(Code::TextDiffers, detail));
    }
    for page in 1..=then as u32 {
        let (then, now) = (words(before, page)?, words(after, page)?);
        let same = then.iter().zip(&now).take_while(|(a, b)| a == b).count();
        if same < then.len() || same < now.len() {
            let detail = format!(
                "page {page}: “{}” was issued, this says “{}”",
                around(&then, same),
                around(&now, same)
            );
            return Err(Refusal::new(Code::TextDiffers, detail));
        }
    }
    Ok(())
}

fn words(document: &Document, page: u32) -> Result<Vec<String>, Refusal> {
    let unreadable = |error: lopdf::Error| {
        let detail = format!("page {page}: its text cannot be read ({error})");
        Refusal::new(Code::NotAPdf, detail)
    };
    let text = document.extract_text(&[page]).map_err(unreadable)?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

fn around(words: &[String], place: usize) -> String {
    let from = place.saturating_sub(AROUND);
    let to = (place + AROUND + 1).min(words.len());
    words[from.min(to)..to].join(" ")
}
