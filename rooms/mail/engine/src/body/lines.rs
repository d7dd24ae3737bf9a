//! Lines of text while a page is read: white space collapses, blocks end lines,
//! paragraphs keep a distance.

/// Lines that are being written.
#[derive(Debug, Default)]
pub(super) struct Lines {
    done: Vec<String>,
    current: String,
    /// Whether a space waits for the next word.
    waits: bool,
}

impl Lines {
    /// Adds running text, whose white space means one space.
    pub(super) fn words(&mut self, text: &str) {
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r') {
                self.waits = !self.current.is_empty();
            } else {
                if std::mem::take(&mut self.waits) {
                    self.current.push(' ');
                }
                self.current.push(c);
            }
        }
    }

    /// Adds text whose line ends and spaces count.
    pub(super) fn exact(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.line();
            }
            if std::mem::take(&mut self.waits) {
                self.current.push(' ');
            }
            self.current.push_str(line);
        }
    }

    /// Ends the line, also an empty one.
    pub(super) fn line(&mut self) {
        self.waits = false;
        let line = std::mem::take(&mut self.current);
        self.done.push(line.trim_end_matches(' ').to_owned());
    }

    /// Ends the line if something stands on it.
    pub(super) fn block(&mut self) {
        self.waits = false;
        if !self.current.trim().is_empty() {
            self.line();
        }
        self.current.clear();
    }

    /// Ends the line and leaves one empty, unless there is one.
    pub(super) fn gap(&mut self) {
        self.block();
        if self.done.last().is_some_and(|line| !line.is_empty()) {
            self.done.push(String::new());
        }
    }

    /// Adds ready lines, each behind a mark; the first may have its own.
    pub(super) fn put(&mut self, lines: Vec<String>, first: &str, others: &str) {
        self.block();
        for (index, line) in lines.into_iter().enumerate() {
            let mark = if index == 0 { first } else { others };
            self.done.push(format!("{mark}{line}").trim_end().to_owned());
        }
    }

    /// Returns the lines without empty ones at the ends or in rows.
    pub(super) fn finish(mut self) -> Vec<String> {
        self.block();
        let mut out: Vec<String> = Vec::with_capacity(self.done.len());
        for line in self.done {
            let is_second_gap = line.is_empty() && out.last().is_none_or(String::is_empty);
            if !is_second_gap {
                out.push(line);
            }
        }
        while out.last().is_some_and(String::is_empty) {
            out.pop();
        }
        out
    }
}
