//! Whether something was laid over the pages: only signatures may be, and they
//! must leave the text to be read.

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::minutes::refusal::{Code, Refusal};

/// A signature's picture takes at most this share of a page.
const LARGEST_SHARE: f32 = 0.15;

pub(super) fn refuse(before: &Document, after: &Document) -> Result<(), Refusal> {
    let pages = before.page_iter().zip(after.page_iter());
    for (number, (then, now)) in pages.enumerate() {
        let known = annotations(before, then);
        for annotation in annotations(after, now) {
            if known.contains(&annotation) || is_signature(after, annotation) {
                continue;
            }
            let kind = annotation.get(b"Subtype").and_then(Object::as_name);
            let kind = kind.map(String::from_utf8_lossy).unwrap_or_default();
            let detail = format!("page {}: an annotation ({kind}) was added", number + 1);
            return Err(Refusal::new(Code::PagesCovered, detail));
        }
    }
    Ok(())
}

fn annotations(document: &Document, page: ObjectId) -> Vec<&Dictionary> {
    document.get_page_annotations(page).unwrap_or_default()
}

/// A signature field whose picture is no larger than a signature's.
fn is_signature(document: &Document, annotation: &Dictionary) -> bool {
    let kind = annotation.get(b"Subtype").and_then(Object::as_name);
    let is_widget = kind.is_ok_and(|kind| kind == b"Widget");
    is_widget
        && field_type(document, annotation).is_some_and(|kind| kind == b"Sig")
        && share(annotation) <= LARGEST_SHARE
}

/// The type of a field; it may stand at the field that the widget belongs to.
fn field_type<'a>(document: &'a Document, annotation: &'a Dictionary) -> Option<&'a [u8]> {
    if let Ok(kind) = annotation.get(b"FT") {
        return kind.as_name().ok();
    }
    let parent = annotation
        .get(b"Parent")
        .and_then(Object::as_reference)
        .ok()?;
    let parent = document.get_dictionary(parent).ok()?;
    parent.get(b"FT").and_then(Object::as_name).ok()
}

/// The share of an A4 page that an annotation takes.
fn share(annotation: &Dictionary) -> f32 {
    let rectangle = annotation.get(b"Rect").and_then(Object::as_array);
    let numbers = rectangle.map(|rectangle| rectangle.iter().filter_map(|n| n.as_float().ok()));
    match numbers.map(Iterator::collect::<Vec<f32>>).as_deref() {
        Ok([left, low, right, high]) => ((right - left) * (high - low)).abs() / (595.0 * 842.0),
        _ => 0.0,
    }
}
