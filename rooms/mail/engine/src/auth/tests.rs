//! DMARC over what SPF and DKIM said, and questions that never end.

use super::*;

const MAIL: &[u8] = b"From: A <a@mail.town.example>\r\nSubject: s\r\n\r\nx\r\n";

fn run(mail: &[u8], zone: &[(RecordKind, &str, Answer)]) -> Verdicts {
    let envelope = Envelope {
        ip: IpAddr::from([192, 0, 2, 1]),
        helo: "mx.town.example",
        mail_from: "b@town.example",
        receiver: "here.example",
    };
    let mut answers = Answers::default();
    for _ in 0..50 {
        match check(mail, Some(&envelope), &answers, 1_700_000_000) {
            Step::Done(verdicts) => return *verdicts,
            Step::Ask(questions) => {
                for question in questions {
                    let known = zone
                        .iter()
                        .find(|(kind, name, _)| Question::new(*kind, name) == question)
                        .map(|(_, _, answer)| answer.clone());
                    answers.put(question, known.unwrap_or(Answer::Nothing));
                }
            }
        }
    }
    panic!("never done");
}

fn txt(text: &str) -> Answer {
    Answer::Txt(vec![text.as_bytes().to_vec()])
}

#[test]
fn a_policy_is_kept_to_the_domain_that_people_see() {
    let spf = |text: &str| (RecordKind::Txt, "town.example", txt(text));
    let dmarc = |name: &'static str, text: &str| (RecordKind::Txt, name, txt(text));
    let good = spf("v=spf1 ip4:192.0.2.0/24 -all");
    let bad = spf("v=spf1 -all");
    let cases = [
        (
            vec![good.clone(), dmarc("_dmarc.town.example", "v=DMARC1; p=reject")],
            Outcome::Pass,
            "reject",
        ),
        (
            vec![bad, dmarc("_dmarc.town.example", "v=DMARC1; p=reject; sp=quarantine")],
            Outcome::Fail,
            "quarantine",
        ),
        (
            vec![good.clone(), dmarc("_dmarc.town.example", "v=DMARC1; p=none; aspf=s")],
            Outcome::Fail,
            "none",
        ),
        (
            vec![good.clone(), dmarc("_dmarc.mail.town.example", "v=DMARC1; p=reject; psd=n")],
            Outcome::Fail,
            "reject",
        ),
        (vec![good.clone()], Outcome::None, ""),
        (
            vec![good, (RecordKind::Txt, "_dmarc.town.example", Answer::Failed)],
            Outcome::TempError,
            "",
        ),
    ];
    for (zone, outcome, policy) in cases {
        let verdicts = run(MAIL, &zone);
        assert_eq!(
            (verdicts.dmarc.outcome, verdicts.policy.as_str()),
            (outcome, policy),
            "{zone:?} {verdicts:?}"
        );
    }
}

#[test]
fn several_senders_have_no_policy() {
    let mail = b"From: a@one.example, b@two.example\r\n\r\nx\r\n";
    let zone = [(RecordKind::Txt, "_dmarc.one.example", txt("v=DMARC1; p=reject"))];
    assert_eq!(run(mail, &zone).dmarc.outcome, Outcome::None);
}

#[test]
fn a_domain_cannot_ask_for_ever() {
    let endless: Vec<String> =
        (0..40).map(|index| format!("include:i{index}.town.example")).collect();
    let zone =
        [(RecordKind::Txt, "town.example", txt(&format!("v=spf1 {} -all", endless.join(" "))))];
    assert_eq!(run(MAIL, &zone).spf.outcome, Outcome::PermError);
    let itself = [(RecordKind::Txt, "town.example", txt("v=spf1 include:town.example -all"))];
    assert_eq!(run(MAIL, &itself).spf.outcome, Outcome::PermError);
    let turned = [(RecordKind::Txt, "town.example", txt("v=spf1 redirect=town.example"))];
    assert_eq!(run(MAIL, &turned).spf.outcome, Outcome::PermError);
}
