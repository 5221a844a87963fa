//! The payload descriptor of VP9 (RFC 9628 §4.2), with the scalability
//! structure that keyframes carry (§4.2.1).
//!
//! ```text
//!   I P L F B E V Z │ picture id │ TID U SID D │ TL0 │ P_DIFF … │ structure
//!                     if I         if L          !F    F and P    if V
//! ```

use super::PictureFields;

/// Spatial layers that VP9 can number.
const SPATIAL: usize = 8;

/// What is read of a VP9 packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vp9 {
    pub(crate) fields: PictureFields,
    /// Predicted from earlier pictures.
    pub(crate) is_inter: bool,
    /// Its spatial layer; 0 where there is but one.
    pub(crate) spatial: u8,
    /// Predicted from the layer below, of the same picture.
    pub(crate) needs_lower: bool,
    /// Higher layers of the same picture may be predicted from it.
    pub(crate) serves_higher: bool,
    /// The first packet of its layer's frame.
    pub(crate) starts_frame: bool,
    /// The last packet of its layer's frame.
    pub(crate) ends_frame: bool,
    pub(crate) structure: Option<Structure>,
}

/// Which spatial layers there are from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Structure {
    /// How many, at least 1.
    pub(crate) layers: usize,
    /// The height of each in pixels, where that is said.
    pub(crate) heights: Option<[u16; SPATIAL]>,
}

impl Vp9 {
    /// Reads a descriptor; nothing when it is cut off.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let [
            has_id,
            is_inter,
            has_layers,
            is_flexible,
            starts_frame,
            ends_frame,
            has_structure,
            is_unused,
        ] = std::array::from_fn(|bit| first & 0x80 >> bit != 0);
        let mut vp9 = Self {
            fields: PictureFields::default(),
            is_inter,
            spatial: 0,
            needs_lower: false,
            serves_higher: !is_unused,
            starts_frame,
            ends_frame,
            structure: None,
        };
        let mut at = 1;
        if has_id {
            at = vp9.fields.read_picture_id(payload, at)?;
        }
        if has_layers {
            let layer = *payload.get(at)?;
            vp9.spatial = layer >> 1 & 0x07;
            vp9.needs_lower = layer & 1 != 0;
            at += 1;
            if !is_flexible {
                at = vp9.fields.read_tl0_pic_idx(payload, at)?;
            }
        }
        if is_flexible && is_inter {
            // At most three, each says whether another follows.
            for _ in 0..3 {
                let reference = *payload.get(at)?;
                at += 1;
                if reference & 1 == 0 {
                    break;
                }
            }
        }
        if has_structure {
            vp9.structure = Some(Structure::read(payload.get(at..)?)?);
        }
        Some(vp9)
    }

    /// Whether a picture begins here that needs no other.
    pub(crate) fn starts_keyframe(&self) -> bool {
        !self.is_inter && self.starts_frame && self.spatial == 0
    }
}

impl Structure {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let layers = usize::from(first >> 5) + 1;
        let (has_sizes, has_pictures) = (first & 0x10 != 0, first & 0x08 != 0);
        let mut rest = rest;
        let mut heights = None;
        if has_sizes {
            let (sizes, after) = rest.split_at_checked(4 * layers)?;
            rest = after;
            let mut each = [0; SPATIAL];
            for (height, size) in each.iter_mut().zip(sizes.chunks_exact(4)) {
                *height = u16::from_be_bytes([size[2], size[3]]);
            }
            heights = Some(each);
        }
        if has_pictures {
            let (count, mut rest) = rest.split_first()?;
            for _ in 0..*count {
                let (picture, after) = rest.split_first()?;
                rest = after.get(usize::from(picture >> 2 & 0x03)..)?;
            }
        }
        Some(Self { layers, heights })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first packet of a keyframe as Chromium sends it: three layers with
    /// their sizes.
    const KEY: [u8; 19] = [
        0xba, 0x81, 0x02, 0x00, 0x50, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0x05, 0x00,
        0x02, 0xd0, 0x82, 0x49,
    ];

    #[test]
    fn a_keyframe_says_how_many_layers_there_are_and_how_high() {
        let vp9 = Vp9::read(&KEY).expect("a descriptor");
        assert!(vp9.starts_keyframe() && vp9.serves_higher && !vp9.needs_lower);
        assert_eq!(vp9.fields.picture_id, Some(0x102));
        let structure = vp9.structure.expect("is there");
        assert_eq!(structure.layers, 3);
        let heights = structure.heights.expect("are said");
        assert_eq!(heights[..3], [180, 360, 720]);
        for length in 0..17 {
            assert_eq!(Vp9::read(&KEY[..length]), None, "cut off at {length}");
        }
    }

    #[test]
    fn a_structure_may_describe_a_group_of_pictures() {
        // Not flexible: the base layer's index, and two pictures with one and
        // two references.
        let bytes = [0xaa, 5, 0x00, 9, 0x08, 2, 0x04, 1, 0x28, 1, 2];
        let vp9 = Vp9::read(&bytes).expect("a descriptor");
        assert_eq!(vp9.fields.tl0_pic_idx, Some(9));
        let only = Structure {
            layers: 1,
            heights: None,
        };
        assert_eq!(vp9.structure, Some(only));
        for length in 0..bytes.len() {
            assert_eq!(Vp9::read(&bytes[..length]), None, "cut off at {length}");
        }
    }

    #[test]
    fn a_later_picture_of_a_higher_layer_is_told_from_a_keyframe() {
        // Flexible, predicted from two pictures, layer 2, its last packet.
        let vp9 = Vp9::read(&[0xf5, 7, 0x44, 0x03, 0x04, 1]).expect("a descriptor");
        assert!(vp9.is_inter && vp9.ends_frame && !vp9.starts_frame && !vp9.serves_higher);
        assert_eq!((vp9.spatial, vp9.needs_lower), (2, false));
        assert!(!vp9.starts_keyframe());
    }

    #[test]
    fn the_fields_of_a_slot_are_replaced() {
        let mut payload = [0xa8, 0x81, 0x02, 0x00, 9, 1];
        let fields = Vp9::read(&payload).expect("a descriptor").fields;
        fields.write(&mut payload, Some(0x7ffe), Some(4));
        assert_eq!(payload, [0xa8, 0xff, 0xfe, 0x00, 4, 1]);
    }
}
