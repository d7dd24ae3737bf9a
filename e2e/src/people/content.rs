//! What a document says, before any format.

/// One block of a document.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// A paragraph.
    Line(String),
    /// A table, row by row.
    Table(Vec<Vec<String>>),
}

/// What a document says.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub(super) blocks: Vec<Block>,
}

impl Content {
    pub(super) fn line(&mut self, text: impl Into<String>) -> &mut Self {
        self.blocks.push(Block::Line(text.into()));
        self
    }

    pub(super) fn table(&mut self, rows: Vec<Vec<String>>) -> &mut Self {
        self.blocks.push(Block::Table(rows));
        self
    }

    /// All of it as rows; a paragraph is a row of one cell.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Line(text) => rows.push(vec![text.clone()]),
                Block::Table(table) => rows.extend(table.iter().cloned()),
            }
        }
        rows
    }
}

/// A row of owned cells.
pub(super) fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}
