//! Reports: who attended a meeting, and what an organisation holds. Pure.
//!
//! ```text
//!   event log ──> attendance ─┐
//!                             ├──> Table ──> CSV, XLSX
//!   planned meetings ─> usage ┘
//! ```

mod attendance;
mod table;
mod usage;

pub(crate) use attendance::{Attended, attendance};
pub(crate) use table::{Cell, Table};
pub(crate) use usage::{Held, usage};
