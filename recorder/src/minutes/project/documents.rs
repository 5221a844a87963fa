//! The documents that were put into the meeting, by item of the agenda.

use std::collections::BTreeMap;

use diemcau_protocol::DocumentsEvent;

/// What they are called, and the item that each belongs to.
#[derive(Default)]
pub(super) struct Documents(BTreeMap<u32, (String, Option<u32>)>);

impl Documents {
    /// Takes an event; gives the title of a document that everybody is led
    /// through now.
    pub(super) fn take(&mut self, event: &DocumentsEvent) -> Option<String> {
        match event {
            DocumentsEvent::Added {
                number,
                title,
                item,
                ..
            }
            | DocumentsEvent::Changed {
                number,
                title,
                item,
                ..
            } => {
                self.0.insert(*number, (title.clone(), *item));
                None
            }
            DocumentsEvent::Led { page } => {
                let (title, _) = self.0.get(&page.number)?;
                Some(title.clone())
            }
            DocumentsEvent::Revised { .. }
            | DocumentsEvent::Withdrawn { .. }
            | DocumentsEvent::LeadEnded { .. } => None,
        }
    }

    /// Adds to an item's documents those that were put in for it.
    pub(super) fn add_to(&self, documents: &mut Vec<String>, item: u32) {
        for (title, of) in self.0.values() {
            if *of == Some(item) && !documents.contains(title) {
                documents.push(title.clone());
            }
        }
    }
}
