//! The visual check (目視確認) of a file that goes as it came.

use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use passages::PassageId;
use transfer_engine::{Answers, LookFault, Question};

use crate::error::TransferError;
use crate::pages::show::{self, permits};
use crate::policy;
use crate::rights;
use crate::service::{Service, delivered_until};
use crate::tellings;

/// Takes the answers of whoever may decide on the file. One that is missing is
/// no answer.
pub(crate) async fn look(service: Service, mut visit: Visit, caller: Caller) -> Answer {
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
            return show::page(&service, &visit, &caller, &fields).await;
        }
        Err(LookFault::Unknown(name)) => {
            fields.complain(&name, key!("transfer-look-unanswered"));
            return show::page(&service, &visit, &caller, &fields).await;
        }
    };
    let id: PassageId = visit.id("id")?;
    let permits = permits(&visit)?.clone();
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, &permits, &caller, id).await?;
    if standing.is_sender {
        return Err(Failure::conflict(key!("transfer-own")));
    }
    if !standing.looks(&passage) {
        return Err(Failure::conflict(key!("transfer-not-now")));
    }
    let holder = standing.deputies.first().filter(|_| !standing.decides_in_own_right());
    let holder = holder.map(ToString::to_string).unwrap_or_default();
    let acting = rights::acting(&mut work, &permits, &caller, &holder).await?;
    let keep = policy::holding(&mut work).await?.keep;
    let until = delivered_until(keep, work.now());
    let words: Vec<String> = answers
        .iter()
        .map(|(question, answer)| format!("{}={}", question.name(), answer.name()))
        .collect();
    let words = words.join(" ");
    let passage = passages::looked(&mut work, &acting, id, &words, answers.pass(), until)
        .await
        .map_err(TransferError::from)?;
    tellings::tell(&mut work, &passage).await?;
    work.commit().await?;
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-looked"))
}
