//! The dependency descriptor, an RTP header extension (AV1 RTP payload,
//! appendix A): which frame a packet belongs to, and who needs that frame.
//!
//! ```text
//!   keyframe:    start end template number │ structure: templates, targets, sizes
//!   later frame: start end template number    (3 bytes, most of the time)
//! ```
//!
//! A *decode target* is what a receiver may want: a spatial and a temporal
//! layer. A frame's template says for each target whether the frame is needed.
//! The targets with all temporal layers are those that matter here.

/// Decode targets (§A.8.3: `dt_cnt_minus_one` has five bits).
const TARGETS: usize = 32;
/// Templates (§A.8.2: their ids have six bits).
const TEMPLATES: usize = 64;
/// Spatial layers of AV1.
const SPATIAL: usize = 4;

/// What a frame is to a decode target (§A.8.2).
const NOT_PRESENT: u8 = 0;
const SWITCH: u8 = 2;

/// The number of the frame that a descriptor belongs to (§A.8.1).
pub(crate) fn frame_number(descriptor: &[u8]) -> Option<u16> {
    let number = descriptor.get(1..3)?;
    Some(u16::from_be_bytes([number[0], number[1]]))
}

/// What is read of a packet's descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependencies {
    pub(crate) starts_frame: bool,
    pub(crate) ends_frame: bool,
    /// The structure, where a keyframe brings one.
    pub(crate) structure: Option<Structure>,
    /// The decode targets that are sent from here on, one bit each.
    pub(crate) active: Option<u32>,
    /// What the frame is, by the structure that it belongs to.
    pub(crate) frame: Option<Frame>,
}

/// A frame, by its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) spatial: u8,
    /// Predicted from no other.
    is_independent: bool,
    indications: [u8; TARGETS],
}

impl Frame {
    /// Whether a decode target needs it.
    pub(crate) fn is_needed(&self, target: u8) -> bool {
        self.indications[usize::from(target)] != NOT_PRESENT
    }

    /// Whether a decode target can begin with it.
    pub(crate) fn begins(&self, target: u8) -> bool {
        self.is_independent && self.indications[usize::from(target)] == SWITCH
    }
}

/// The templates of a stream (§A.8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structure {
    offset: u8,
    targets: usize,
    chains: usize,
    templates: Vec<Frame>,
    /// For each spatial layer the decode target with all its temporal layers.
    pub(crate) layers: Vec<u8>,
    /// The height of each spatial layer in pixels, where that is said.
    pub(crate) heights: Option<Vec<u16>>,
}

impl Structure {
    /// How many spatial layers are sent, by the bits of the active targets.
    pub(crate) fn sent(&self, active: u32) -> usize {
        let is_active = |target: &u8| active >> target & 1 != 0;
        self.layers
            .iter()
            .rposition(is_active)
            .map_or(0, |at| at + 1)
    }

    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let offset = bits.take(6)? as u8;
        let targets = bits.take(5)? as usize + 1;
        let mut templates: Vec<Frame> = Vec::new();
        let (mut spatial, mut temporal) = (0_u8, 0_u8);
        let mut temporals: Vec<u8> = Vec::new();
        loop {
            if templates.len() == TEMPLATES || usize::from(spatial) == SPATIAL {
                return None;
            }
            templates.push(Frame {
                spatial,
                is_independent: true,
                indications: [NOT_PRESENT; TARGETS],
            });
            temporals.push(temporal);
            match bits.take(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => break,
            }
        }
        for template in &mut templates {
            for indication in &mut template.indications[..targets] {
                *indication = bits.take(2)? as u8;
            }
        }
        for template in &mut templates {
            while bits.take(1)? == 1 {
                bits.take(4)?;
                template.is_independent = false;
            }
        }
        let chains = bits.take_below(targets as u32 + 1)? as usize;
        if chains > 0 {
            for _ in 0..targets {
                bits.take_below(chains as u32)?;
            }
            for _ in 0..templates.len() * chains {
                bits.take(4)?;
            }
        }
        let layers = layers_of(targets, &templates, &temporals);
        let heights = if bits.take(1)? == 1 {
            let mut heights = Vec::new();
            for _ in 0..=spatial {
                bits.take(16)?;
                heights.push((bits.take(16)? as u16).saturating_add(1));
            }
            Some(heights)
        } else {
            None
        };
        Some(Self {
            offset,
            targets,
            chains,
            templates,
            layers,
            heights,
        })
    }

    /// The frame of a template (§A.8.4), without what the frame says itself.
    fn template(&self, id: u8) -> Option<Frame> {
        let index = (id + 64 - self.offset) % 64;
        self.templates.get(usize::from(index)).copied()
    }
}

/// The decode target of each spatial layer that has the most temporal ones;
/// none where a layer has no target.
fn layers_of(targets: usize, templates: &[Frame], temporals: &[u8]) -> Vec<u8> {
    let layer_of = |target: usize| {
        let needed = templates.iter().zip(temporals);
        let needed = needed.filter(|(frame, _)| frame.is_needed(target as u8));
        needed.fold(None, |most: Option<(u8, u8)>, (frame, temporal)| {
            let most = most.unwrap_or_default();
            Some((most.0.max(frame.spatial), most.1.max(*temporal)))
        })
    };
    let of: Vec<Option<(u8, u8)>> = (0..targets).map(layer_of).collect();
    let highest = templates.last().map_or(0, |frame| frame.spatial);
    let best = |spatial: u8| {
        let there = (0_u8..).zip(&of);
        let there = there.filter_map(|(target, layer)| Some((target, (*layer)?)));
        there
            .filter(|(_, layer)| layer.0 == spatial)
            .max_by_key(|(_, layer)| layer.1)
            .map(|(target, _)| target)
    };
    let all: Option<Vec<u8>> = (0..=highest).map(best).collect();
    all.unwrap_or_default()
}

impl Dependencies {
    /// Reads a descriptor (§A.8.1); `known` is the structure that came last.
    /// Nothing when it is cut off.
    pub(crate) fn read(bytes: &[u8], known: Option<&Structure>) -> Option<Self> {
        let mut bits = Bits { bytes, at: 0 };
        let starts_frame = bits.take(1)? == 1;
        let ends_frame = bits.take(1)? == 1;
        let template = bits.take(6)? as u8;
        bits.take(16)?;
        let mut read = Self {
            starts_frame,
            ends_frame,
            structure: None,
            active: None,
            frame: None,
        };
        let mut flags = [false; 5];
        if bytes.len() > 3 {
            for flag in &mut flags {
                *flag = bits.take(1)? == 1;
            }
        }
        let [
            has_structure,
            has_active,
            own_indications,
            own_references,
            own_chains,
        ] = flags;
        if has_structure {
            let structure = Structure::read(&mut bits)?;
            read.active = Some(u32::MAX >> (TARGETS - structure.targets));
            read.structure = Some(structure);
        }
        let Some(structure) = read.structure.as_ref().or(known) else {
            return Some(read);
        };
        if has_active {
            // The first bit is that of the last target.
            read.active = Some(bits.take(structure.targets)?);
        }
        let Some(mut frame) = structure.template(template) else {
            return Some(read);
        };
        if own_indications {
            for indication in &mut frame.indications[..structure.targets] {
                *indication = bits.take(2)? as u8;
            }
        }
        if own_references {
            frame.is_independent = true;
            loop {
                let size = bits.take(2)? as usize;
                if size == 0 {
                    break;
                }
                bits.take(4 * size)?;
                frame.is_independent = false;
            }
        }
        if own_chains {
            for _ in 0..structure.chains {
                bits.take(8)?;
            }
        }
        read.frame = Some(frame);
        Some(read)
    }
}

/// Bits, the most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits, at most 32.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// A number below `end`, in as few bits as it needs (`ns(n)` of the AV1
    /// bitstream, §4.10.7).
    fn take_below(&mut self, end: u32) -> Option<u32> {
        let width = end.checked_ilog2().map_or(0, |log| log as usize + 1);
        let short = (1_u32 << width) - end;
        let value = self.take(width.saturating_sub(1))?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.take(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes out of zeros and ones; what is between them is for the reader.
    fn bytes(text: &str) -> Vec<u8> {
        let bits: Vec<u8> = text
            .bytes()
            .filter(|byte| matches!(byte, b'0' | b'1'))
            .map(|byte| byte - b'0')
            .collect();
        let byte = |bits: &[u8]| (0..8).fold(0, |all, at| all << 1 | bits.get(at).unwrap_or(&0));
        bits.chunks(8).map(byte).collect()
    }

    /// The first packet of a keyframe of L2T1_KEY.
    fn key() -> Vec<u8> {
        bytes(
            "1 0 000010 0000000100000010 | 1 0 0 0 0 | 000010 00001
            layers 00 10 00 11
            needed 1010 1000 0010 0010
            from 0 1_0001_0 1_0000_0 1_0001_0
            no chains 0, sizes 1
            0000000100111111 0000000010110011
            0000001001111111 0000000101100111",
        )
    }

    fn read(text: &str) -> Dependencies {
        let key = Dependencies::read(&key(), None).expect("good");
        let structure = key.structure.expect("is there");
        Dependencies::read(&bytes(text), Some(&structure)).expect("good")
    }

    #[test]
    fn a_keyframe_brings_the_templates_and_the_sizes() {
        let key = Dependencies::read(&key(), None).expect("good");
        assert!(key.starts_frame && !key.ends_frame);
        assert_eq!(key.active, Some(0b11));
        let frame = key.frame.expect("its template is there");
        assert_eq!(frame.spatial, 0);
        assert!(frame.begins(0) && frame.begins(1));
        let structure = key.structure.expect("is there");
        assert_eq!(structure.layers, [0, 1]);
        assert_eq!(structure.heights, Some(vec![180, 360]));
        assert_eq!(
            [0, 1, 2, 3].map(|active| structure.sent(active)),
            [0, 1, 2, 2]
        );
    }

    #[test]
    fn later_frames_are_what_their_template_says() {
        let lower = read("1 1 000011 0000000100000100").frame.expect("known");
        assert_eq!((lower.is_needed(0), lower.is_needed(1)), (true, false));
        assert!(!lower.begins(0), "it needs an earlier one");
        let higher = read("1 1 000100 0000000100000011").frame.expect("known");
        assert_eq!((higher.is_needed(0), higher.is_needed(1)), (false, true));
        assert_eq!(higher.spatial, 1);
        let unknown = read("1 1 111111 0000000100000011");
        assert_eq!(unknown.frame, None);
    }

    #[test]
    fn a_frame_may_differ_from_its_template() {
        // Needed by the higher target alone, predicted from no frame, and only
        // the first target is active.
        let own = read("1 1 000011 0000000100000100 | 0 1 1 1 0 | 01 | 00 10 | 00");
        assert_eq!(own.active, Some(1));
        let frame = own.frame.expect("known");
        assert!(!frame.is_needed(0) && frame.begins(1));
        let own = read("1 1 000010 0000000100000100 | 0 0 0 1 0 | 01 0011 10 00000001 00");
        assert!(!own.frame.expect("known").begins(0));
    }

    #[test]
    fn what_is_cut_off_is_no_descriptor() {
        let key = key();
        for length in (0..key.len()).filter(|length| *length != 3) {
            assert_eq!(Dependencies::read(&key[..length], None), None, "{length}");
        }
    }

    #[test]
    fn chains_are_passed_over() {
        // One target, one template, one chain.
        let text = "1 1 000000 0000000000000001 | 1 0 0 0 1 | 000000 00000
            layers 11, needed 10, from 0, chains 1, which none, 0000, sizes 0, frame 00000001";
        let read = Dependencies::read(&bytes(text), None).expect("good");
        assert!(read.frame.expect("known").begins(0));
        assert_eq!(read.structure.expect("is there").chains, 1);
    }
}
