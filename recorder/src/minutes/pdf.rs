//! The document as PDF/A-2b, typeset by typst. No file, no network, no clock:
//! the form, the data and the faces are all there is, so the same sheet gives
//! the same bytes.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::layout::PagedDocument;
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, comemo};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::fonts::FILES;
use super::sheet::Sheet;

/// The faces, and what the typesetter knows of them.
struct Faces {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

static FACES: LazyLock<Faces> = LazyLock::new(|| {
    let files = FILES.iter().map(|file| Bytes::new(*file));
    let fonts: Vec<Font> = files.flat_map(Font::iter).collect();
    let book = LazyHash::new(FontBook::from_fonts(&fonts));
    Faces { fonts, book }
});

const FORM: &str = include_str!("form.typ");

/// The typesetter refused. Since the texts are data, that is a fault of the
/// form, never of what somebody wrote.
#[derive(Debug, thiserror::Error)]
#[error("the minutes could not be typeset: {0}")]
pub struct TypesettingError(String);

impl TypesettingError {
    fn of(errors: &[SourceDiagnostic]) -> Self {
        let messages = errors.iter().map(|error| error.message.to_string());
        Self(messages.collect::<Vec<_>>().join("; "))
    }
}

/// Typesets a sheet.
pub(crate) fn render(sheet: &Sheet) -> Result<Vec<u8>, TypesettingError> {
    let desk = Desk::new(sheet)?;
    let standards = PdfStandards::new(&[PdfStandard::A_2b]);
    let standards = standards.map_err(|error| TypesettingError(error.to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(sheet.meeting.as_str()),
        standards,
        ..PdfOptions::default()
    };
    let set = typst::compile::<PagedDocument>(&desk).output;
    let pdf = set.and_then(|document| typst_pdf::pdf(&document, &options));
    // What typst keeps for the next time is of one document only.
    comemo::evict(0);
    pdf.map_err(|errors| TypesettingError::of(&errors))
}

/// Everything that the typesetter can see.
struct Desk {
    library: LazyHash<Library>,
    form: Source,
    sheet: FileId,
    data: Bytes,
}

impl Desk {
    fn new(sheet: &Sheet) -> Result<Self, TypesettingError> {
        let data = serde_json::to_vec(sheet);
        let data = data.map_err(|error| TypesettingError(error.to_string()))?;
        let form = FileId::new(None, VirtualPath::new("form.typ"));
        Ok(Self {
            library: LazyHash::new(Library::default()),
            form: Source::new(form, FORM.to_owned()),
            sheet: FileId::new(None, VirtualPath::new("sheet.json")),
            data: Bytes::new(data),
        })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FACES.book
    }

    fn main(&self) -> FileId {
        self.form.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.form.id() {
            Ok(self.form.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.sheet {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FACES.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<i64>) -> Option<Datetime> {
        None
    }
}
