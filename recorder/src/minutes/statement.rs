//! The single statements that a draft of minutes is made of.

pub use diemcau_protocol::{
    AttendeeCell as Cell, Correction, Editor, MinutesSection as Section, Signer, Statement,
    StatementOrigin as Origin,
};
