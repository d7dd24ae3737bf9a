//! The visual check of method ④ (目視確認): what a person is asked, and when
//! the answers let a file pass. Unanswered means no.

use std::collections::BTreeMap;

use crate::facts::words;

words! {
    /// A question of the form. The points are those that the guideline names
    /// for the human half of method ④ (対策基準 4, 注5).
    Question {
        /// Is the sender somebody that one knows and expected?
        Sender = "sender",
        /// Does the address belong to that sender?
        Address = "address",
        /// Does the subject, or the purpose, fit the work?
        Subject = "subject",
        /// Is the Japanese natural: no odd wording, characters or fonts?
        Wording = "wording",
        /// Does the picture of the pages show what was announced?
        Content = "content",
    }
}

words! {
    /// What a person answered.
    Answer {
        /// Nothing is odd.
        Fine = "fine",
        /// Something is odd: the file does not pass.
        Odd = "odd",
    }
}

/// All answers of one person to one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers(BTreeMap<Question, Answer>);

/// Why a form is not an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookFault {
    /// These were not answered.
    Unanswered(Vec<Question>),
    /// This is no question or no answer of the form.
    Unknown(String),
}

impl Answers {
    /// Takes the answers to every question, by name.
    ///
    /// # Errors
    /// If one is missing, or there is a name that the form does not have.
    pub fn read<'a>(
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LookFault> {
        let mut answers = BTreeMap::new();
        for (question, answer) in given {
            let unknown = || LookFault::Unknown(question.to_owned());
            let question = Question::parse(question).ok_or_else(unknown)?;
            answers.insert(question, Answer::parse(answer).ok_or_else(unknown)?);
        }
        let missing: Vec<Question> = Question::ALL
            .iter()
            .copied()
            .filter(|question| !answers.contains_key(question))
            .collect();
        if missing.is_empty() { Ok(Self(answers)) } else { Err(LookFault::Unanswered(missing)) }
    }

    /// True if nothing was odd.
    #[must_use]
    pub fn pass(&self) -> bool {
        self.0.values().all(|answer| *answer == Answer::Fine)
    }

    /// Each question with its answer, in the form's order.
    pub fn iter(&self) -> impl Iterator<Item = (Question, Answer)> {
        self.0.iter().map(|(question, answer)| (*question, *answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(answer: &'static str) -> Vec<(&'static str, &'static str)> {
        Question::ALL.iter().map(|question| (question.name(), answer)).collect()
    }

    #[test]
    fn one_question_left_open_is_no_answer() {
        for left in 0..Question::ALL.len() {
            let mut given = all("fine");
            let (name, _) = given.remove(left);
            let missing = Question::parse(name).into_iter().collect();
            assert_eq!(Answers::read(given), Err(LookFault::Unanswered(missing)));
        }
    }

    #[test]
    fn one_odd_thing_is_enough() {
        assert!(Answers::read(all("fine")).unwrap().pass());
        let mut given = all("fine");
        given[3].1 = "odd";
        assert!(!Answers::read(given).unwrap().pass());
    }

    #[test]
    fn foreign_words_are_refused() {
        let mut given = all("fine");
        given.push(("mood", "fine"));
        assert_eq!(Answers::read(given), Err(LookFault::Unknown("mood".to_owned())));
    }
}
