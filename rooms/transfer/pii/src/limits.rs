//! What one scan may hold in memory. Time is linear in the text.

/// The ceilings of one scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Findings with a place; more are only counted.
    pub findings_max: usize,
    /// Distinct people that are told apart; beyond, the count is a minimum.
    pub persons_max: usize,
    /// Numbers that wait for the end of their table. When more come, those
    /// that wait are judged by what their columns have shown so far.
    pub waiting_max: usize,
    /// Columns of one table that are kept apart.
    pub columns_max: u32,
    /// Letters of one cell that are looked at together; a longer one is cut
    /// where no number stands.
    pub cell_letters_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            findings_max: 10_000,
            persons_max: 2_000_000,
            waiting_max: 200_000,
            columns_max: 16_384,
            cell_letters_max: 16_384,
        }
    }
}
