//! What the spam filter reads that others may have written: models, lessons and
//! rspamd's answers.

use mail_spam::{Lesson, Model, rspamd};

/// Reads bytes as each of them; what is read is written back the same.
pub(crate) fn run(bytes: &[u8]) {
    if let Ok(model) = Model::from_bytes(bytes) {
        assert_eq!(model.to_bytes(), bytes, "a model has one way to be written");
    }
    if let Ok(lesson) = Lesson::from_bytes(bytes) {
        assert_eq!(lesson.to_bytes(), bytes, "a lesson has one way to be written");
        let mut model = Model::default();
        model.learn(&lesson);
        model.forget(&lesson);
        assert_eq!(model, Model::default(), "what is taken back was never learned");
    }
    if let Ok(answer) = rspamd::read(bytes) {
        assert!(answer.symbols.len() <= rspamd::SYMBOLS_MAX, "a limit must hold");
    }
}
