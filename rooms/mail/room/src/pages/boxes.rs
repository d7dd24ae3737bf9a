//! Mailboxes: which address is whose; one by one, or many from a list.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Choice, Form, Pager, Table};
use console::{Answer, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Login, Section, people, sections};
use store::Work;

use crate::MailError;
use crate::rules::CLASSES;
use crate::service::{self, Service, mailboxes};
use crate::tables::mailboxes::{Mailbox, Owner};

/// Rows of one page.
const ROWS: u32 = 100;
/// Lines of one list.
const LINES_MAX: usize = 2_000;
/// Wrong lines that are told at once.
const WRONG_MAX: usize = 20;

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct Boxes<'a> {
    view: &'a View,
    form: Form<'a>,
    classes: Vec<Choice>,
    table: Table<'a>,
    set: Button,
    remove: Button,
    import: Button,
}

/// Shows the mailboxes.
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let query = visit.query();
    let after = Pager::asked(&query).unwrap_or_default().to_owned();
    let mut work = visit.read(caller).await?;
    let mut all = mailboxes(&mut work, caller, &after, ROWS + 1).await?;
    let has_more = all.len() > ROWS as usize;
    all.truncate(ROWS as usize);
    let next = all.last().filter(|_| has_more).map(|one| one.address.clone());
    let known = sections::list(&mut work).await.map_err(MailError::from)?;
    let mut table = Table::new(view, view.t("mail-boxes"))
        .column(view.t("mail-box-address"))
        .column(view.t("mail-box-owner"))
        .column(view.t("mail-box-class"))
        .empty(view.t("mail-boxes-none"))
        .pager(Pager::new(&query, next));
    for one in &all {
        let owner = match one.owner {
            Owner::Person(id) => {
                people::find(&mut work, id).await.map_err(MailError::from)?.name.to_string()
            }
            Owner::Section(id) => {
                let section = known.iter().find(|one| one.id == id);
                section.map_or_else(|| id.to_string(), |one| one.name.to_string())
            }
        };
        table.row([
            Cell::text(&one.address),
            Cell::text(owner),
            Cell::text(view.t(Key::under("mail-class-", &one.class))),
        ]);
    }
    let class = |name: &&str| Choice::new(*name, view.t(Key::under("mail-class-", name)));
    let content = Boxes {
        view,
        form: Form::new(view, fields),
        classes: CLASSES.iter().map(class).collect(),
        table,
        set: Button::main(view.t("mail-box-set")),
        remove: Button::danger(view.t("mail-box-remove")),
        import: Button::main(view.t("mail-box-import")),
    };
    view.page(key!("mail-boxes")).form(fields).render(&content)
}

/// Whose a mailbox is, by a login or the code of a section.
async fn owner(
    work: &mut Work,
    known: &[Section],
    named: &str,
) -> Result<Option<Owner>, MailError> {
    if let Some(section) = known.iter().find(|one| one.code.as_str() == named) {
        return Ok(Some(Owner::Section(section.id)));
    }
    let Ok(login) = Login::parse(named) else { return Ok(None) };
    Ok(people::by_login(work, &login).await?.map(|person| Owner::Person(person.id)))
}

/// Sets one mailbox.
pub(super) async fn set(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let mut work = visit.work(&caller).await?;
    let known = sections::list(&mut work).await.map_err(MailError::from)?;
    let address = fields.parse("address", key!("mail-box-address"), |text| {
        service::address(text).ok_or(key!("mail-wrong-address"))
    });
    let named = fields.value("owner").trim().to_owned();
    let owner = owner(&mut work, &known, &named).await?;
    if owner.is_none() {
        fields.complain("owner", key!("mail-box-no-owner"));
    }
    let class = fields.choice("class", key!("mail-box-class"), |given| {
        CLASSES.iter().find(|known| **known == given).map(|known| (*known).to_owned())
    });
    let (Some(address), Some(owner), Some(class)) = (address, owner, class) else {
        drop(work);
        return page(&visit, &caller, &fields).await;
    };
    match service.set_mailbox(&mut work, &caller, &Mailbox { address, owner, class }).await {
        Ok(()) => {}
        Err(MailError::Address) => {
            fields.complain("address", key!("mail-wrong-address"));
            drop(work);
            return page(&visit, &caller, &fields).await;
        }
        Err(error) => return Err(error.into()),
    }
    work.commit().await?;
    visit.done("/mail/mailboxes", key!("done-mails-box"))
}

/// Takes one mailbox away.
pub(super) async fn remove(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let address = fields.parse("gone", key!("mail-box-address"), |text| {
        service::address(text).ok_or(key!("mail-wrong-address"))
    });
    let Some(address) = address else { return page(&visit, &caller, &fields).await };
    let mut work = visit.work(&caller).await?;
    match service.remove_mailbox(&mut work, &caller, &address).await {
        Ok(()) => {}
        Err(MailError::NotThere) => {
            drop(work);
            fields.complain("gone", key!("mail-box-not-there"));
            return page(&visit, &caller, &fields).await;
        }
        Err(error) => return Err(error.into()),
    }
    work.commit().await?;
    visit.done("/mail/mailboxes", key!("done-mails-box-removed"))
}

/// Sets every mailbox of a list, or none: `address,owner,class` in each line.
pub(super) async fn import(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let list = fields.value("list").to_owned();
    let lines: Vec<&str> = list.lines().map(str::trim).collect();
    let mut work = visit.work(&caller).await?;
    let known = sections::list(&mut work).await.map_err(MailError::from)?;
    let (mut count, mut wrong) = (0_i64, Vec::new());
    if lines.len() > LINES_MAX {
        wrong.push(Message::from(key!("mail-box-too-many")));
    }
    for (at, line) in lines.iter().enumerate().take(LINES_MAX) {
        // What spreadsheets put before the first line, and empty lines.
        let line = line.trim_start_matches('\u{FEFF}');
        if line.is_empty() || wrong.len() >= WRONG_MAX {
            continue;
        }
        let mut cells = line.split(',').map(|cell| cell.trim().trim_matches('"'));
        let cells = [cells.next(), cells.next(), cells.next()].map(Option::unwrap_or_default);
        let owner = owner(&mut work, &known, cells[1]).await?;
        let mailbox = match (service::address(cells[0]), owner) {
            (Some(address), Some(owner)) => Mailbox { address, owner, class: cells[2].to_owned() },
            (None, _) if at == 0 => continue,
            (None, _) => {
                wrong.push(at_line(key!("mail-line-address"), at));
                continue;
            }
            (Some(_), None) => {
                wrong.push(at_line(key!("mail-line-owner"), at));
                continue;
            }
        };
        match service.set_mailbox(&mut work, &caller, &mailbox).await {
            Ok(()) => count += 1,
            Err(MailError::Address) => wrong.push(at_line(key!("mail-line-address"), at)),
            Err(MailError::Row(_)) => wrong.push(at_line(key!("mail-line-class"), at)),
            Err(error) => return Err(error.into()),
        }
    }
    if count == 0 && wrong.is_empty() {
        wrong.push(Message::from(key!("mail-box-list-empty")));
    }
    if !wrong.is_empty() {
        // The unit of work ends here without a change.
        drop(work);
        for one in wrong {
            fields.complain("list", one);
        }
        return page(&visit, &caller, &fields).await;
    }
    work.commit().await?;
    visit.done("/mail/mailboxes", Message::from(key!("done-mails-boxes")).with("count", count))
}

fn at_line(key: Key, at: usize) -> Message {
    Message::from(key).with("line", i64::try_from(at + 1).unwrap_or(i64::MAX))
}
