//! The visual check (目視確認) of a file that goes as it came.

use console::{Answer, Visit};
use i18n::key;
use identity::Caller;
use passages::PassageId;
use transfer_engine::{Answers, LookFault, Question};

use crate::error::TransferError;
use crate::pages::show;
use crate::policy;
use crate::service::delivered_until;

/// Takes the answers. One that is missing is no answer.
pub(crate) async fn look(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let given: Vec<(&str, String)> = Question::ALL
        .iter()
        .map(|question| (question.name(), fields.value(question.name()).to_owned()))
        .filter(|(_, answer)| !answer.is_empty())
        .collect();
    let read = Answers::read(given.iter().map(|(question, answer)| (*question, answer.as_str())));
    let answers = match read {
        Ok(answers) => answers,
        Err(LookFault::Unanswered(missing)) => {
            for question in missing {
                fields.complain(question.name(), key!("transfer-look-unanswered"));
            }
            return show::page(&visit, &caller, &fields).await;
        }
        Err(LookFault::Unknown(name)) => {
            fields.complain(&name, key!("transfer-look-unanswered"));
            return show::page(&visit, &caller, &fields).await;
        }
    };
    let id: PassageId = visit.id("id")?;
    let mut work = visit.work(&caller).await?;
    show::seen(&mut work, &caller, id).await?;
    let keep = policy::holding(&mut work).await?.keep;
    let until = delivered_until(keep, work.now());
    let words: Vec<String> = answers
        .iter()
        .map(|(question, answer)| format!("{}={}", question.name(), answer.name()))
        .collect();
    let words = words.join(" ");
    passages::looked(&mut work, &caller, id, &words, answers.pass(), until)
        .await
        .map_err(TransferError::from)?;
    work.commit().await?;
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-looked"))
}
