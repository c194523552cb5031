//! Which bytes of a file a member has received.

use std::ops::Range;

/// The most separate pieces of one file that are remembered for one member.
const MAX_PIECES: usize = 64;

/// The bytes that one member has received of one file, and how many downloads of it are running.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// In ascending order; no piece touches another.
    pieces: Vec<Range<u64>>,
    pub(super) running: usize,
}

impl Coverage {
    /// Adds bytes that the member has received.
    pub(super) fn add(&mut self, piece: Range<u64>) {
        if piece.is_empty() {
            return;
        }
        let first = self.pieces.partition_point(|known| known.end < piece.start);
        let after = self.pieces.partition_point(|known| known.start <= piece.end);
        let joined = match self.pieces.get(first..after) {
            Some([one, ..]) => one.start.min(piece.start)..self.pieces[after - 1].end.max(piece.end),
            _ => piece,
        };
        // Beyond the limit, a piece that touches no other is forgotten. A member who fetches a file in a thousand
        // separate pieces may therefore get no receipt.
        if first < after || self.pieces.len() < MAX_PIECES {
            self.pieces.splice(first..after, [joined]);
        }
    }

    /// How many bytes the member has received.
    pub(super) fn bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.end - piece.start).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds pieces, each given by its first byte and the one after its last. Returns the resulting pieces and their
    /// bytes.
    fn pieces(added: &[(u64, u64)]) -> (Vec<(u64, u64)>, u64) {
        let mut coverage = Coverage::default();
        for (start, end) in added {
            coverage.add(*start..*end);
        }
        let bytes = coverage.bytes();
        (coverage.pieces.into_iter().map(|piece| (piece.start, piece.end)).collect(), bytes)
    }

    #[test]
    fn pieces_that_touch_or_overlap_are_one() {
        assert_eq!(pieces(&[(0, 10), (20, 30)]), (vec![(0, 10), (20, 30)], 20));
        assert_eq!(pieces(&[(0, 10), (10, 20)]), (vec![(0, 20)], 20));
        assert_eq!(pieces(&[(20, 30), (0, 10), (5, 25)]), (vec![(0, 30)], 30));
        assert_eq!(pieces(&[(0, 30), (5, 10)]), (vec![(0, 30)], 30));
        assert_eq!(pieces(&[(5, 5)]), (vec![], 0));
        assert_eq!(pieces(&[(10, 20), (0, 5), (30, 40), (4, 11)]), (vec![(0, 20), (30, 40)], 30));
    }

    #[test]
    fn the_memory_of_scattered_pieces_has_an_end() {
        let mut coverage = Coverage::default();
        for index in 0..1000 {
            coverage.add(index * 10..index * 10 + 5);
        }
        assert_eq!(coverage.pieces.len(), MAX_PIECES);
        coverage.add(0..10_000);
        assert_eq!(coverage.bytes(), 10_000);
    }
}
