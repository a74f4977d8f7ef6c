//! The addresses of a back trace, of bounded size whatever the depth of the stack: the innermost
//! frames and the outermost, and how many were left out between them. Nothing here allocates, so
//! that the signal handler can collect one.

/// Frames kept from the inside.
const INNERMOST: usize = 48;
/// Frames kept from the outside of a deeper stack.
const OUTERMOST: usize = 16;

/// Addresses in compiled code, innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackTrace {
    addresses: [usize; INNERMOST + OUTERMOST],
    len: usize,
    omitted: usize,
}

impl StackTrace {
    pub(crate) const EMPTY: StackTrace = StackTrace { addresses: [0; INNERMOST + OUTERMOST], len: 0, omitted: 0 };

    /// Walks all frames.
    pub(crate) fn collect(frames: impl Iterator<Item = usize>) -> StackTrace {
        let mut trace = StackTrace::EMPTY;
        for address in frames {
            if let Some(place) = trace.addresses.get_mut(trace.len) {
                *place = address;
                trace.len += 1;
            } else {
                // The last places are a ring over what may turn out to be the outermost frames.
                trace.addresses[INNERMOST + trace.omitted % OUTERMOST] = address;
                trace.omitted += 1;
            }
        }
        trace.addresses[INNERMOST..].rotate_left(trace.omitted % OUTERMOST);
        trace
    }

    /// The addresses kept, each with the number of frames left out just inside of it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let omitted = |index: usize| if index == INNERMOST { self.omitted } else { 0 };
        self.addresses[..self.len].iter().enumerate().map(move |(index, address)| (*address, omitted(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_deep_stack_are_kept() {
        for depth in [0, 1, 47, 48, 49, 63, 64, 65, 66, 79, 80, 81, 1_000] {
            let trace = StackTrace::collect(0..depth);
            let kept: Vec<(usize, usize)> = trace.iter().collect();
            let left_out = depth.saturating_sub(INNERMOST + OUTERMOST);
            let outer = (INNERMOST + left_out).min(depth)..depth;
            let expected = (0..depth.min(INNERMOST)).map(|frame| (frame, 0));
            let expected =
                expected.chain(outer.enumerate().map(|(i, frame)| (frame, if i == 0 { left_out } else { 0 })));
            assert_eq!(kept, expected.collect::<Vec<_>>(), "{depth}");
        }
    }
}
