//! Somebody outside without an account, and the people of the town who give
//! them a link. Shared by tests.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use base::Timestamp;
use serde_json::{Value, json};
use town::{Client, Reply, Town};
use ureq::Agent;

/// A link that was applied for, approved and handed over.
#[derive(Clone)]
pub struct Link {
    pub permit: Value,
    /// `https://…/drop/CODE`.
    pub address: String,
}

impl Link {
    /// `/drop/CODE`.
    pub fn path(&self) -> &str {
        &self.address[self.address.find("/drop/").unwrap()..]
    }

    pub fn id(&self) -> &str {
        self.permit["id"].as_str().unwrap()
    }
}

/// What a link is applied for with.
pub struct Asked<'a> {
    pub receiver: &'a str,
    pub files: u64,
    pub megabytes: u64,
    pub ends_at: Timestamp,
}

/// 住民課's clerk and manager of 緑ヶ丘市.
pub const CLERK: &str = "yamada.hanako";
pub const MANAGER: &str = "ito.sachiko";
pub const RECEIVER: &str = "sasaki.taro";

pub fn apply(clerk: &Client, asked: &Asked<'_>) -> Reply {
    let scope = json!({
        "receiver": asked.receiver, "class": "2", "files": asked.files,
        "megabytes": asked.megabytes,
    });
    let application = json!({
        "kind": "upload-link", "purpose": "補助金の申請書の提出", "scope": scope,
        "ends_at": asked.ends_at.to_string(),
    });
    clerk.post("/api/v1/permits", &application)
}

pub fn deed(client: &Client, permit: &Value, name: &str) -> Reply {
    let id = permit["id"].as_str().unwrap();
    let now = client.get(&format!("/api/v1/permits/{id}")).json;
    let body = json!({ "version": now["version"], "note": "監査の検証" });
    client.post(&format!("/api/v1/permits/{id}/{name}"), &body)
}

/// A link as it comes about: applied for, approved by another, handed over.
pub fn link(clerk: &Client, manager: &Client, asked: &Asked<'_>) -> Link {
    let applied = apply(clerk, asked);
    assert_eq!(applied.status, 201, "{applied:?}");
    let approved = deed(manager, &applied.json, "approve");
    assert_eq!(approved.status, 200, "{approved:?}");
    let issued = deed(clerk, &applied.json, "issue");
    assert_eq!(issued.status, 200, "{issued:?}");
    let address = issued.json["secret"].as_str().unwrap().to_owned();
    Link { permit: applied.json, address }
}

pub fn in_hours(hours: u64) -> Timestamp {
    let now = base::Clock::now(&base::SystemClock::default());
    now.plus(Duration::from_secs(hours * 3_600))
}

/// Somebody outside.
pub struct Outsider {
    agent: Agent,
    base: String,
}

impl Outsider {
    /// Opens addresses that begin with `base`, and believes a CA's certificate.
    pub fn at(base: &str, authority: &Path) -> Self {
        let agent = town::client::agent(&std::fs::read(authority).unwrap());
        Self { agent, base: base.to_owned() }
    }

    pub fn of(town: &Town) -> Self {
        Self::at(&town.demo.base_url, &town.demo.ca_certificate)
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        self.get_in("ja", path)
    }

    pub fn get_in(&self, language: &str, path: &str) -> (u16, String) {
        let call = self.agent.get(format!("{}{path}", self.base));
        let mut answer = call.header("Accept-Language", language).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Sends files as the page's form does.
    pub fn send(&self, path: &str, files: &[(&str, &[u8])]) -> (u16, String) {
        self.try_send(path, files).unwrap()
    }

    /// As [`Outsider::send`], where no answer may come.
    pub fn try_send(
        &self,
        path: &str,
        files: &[(&str, &[u8])],
    ) -> Result<(u16, String), ureq::Error> {
        let body = form(files);
        let call = self.agent.post(format!("{}{path}", self.base));
        let call = call.header("Origin", &self.base).header("Content-Type", FORM);
        let mut answer = call.send(&body[..])?;
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_to_string()?))
    }

    /// Sends a form that comes as slowly as its reader gives it.
    pub fn send_slowly(
        &self,
        path: &str,
        mut body: impl Read,
    ) -> Result<(u16, String), ureq::Error> {
        let call = self.agent.post(format!("{}{path}", self.base));
        let call = call.header("Origin", &self.base).header("Content-Type", FORM);
        let mut answer = call.send(ureq::SendBody::from_reader(&mut body))?;
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_to_string()?))
    }
}

pub const FORM: &str = "multipart/form-data; boundary=edge";

pub fn form(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = b"--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n\r\n".to_vec();
    for (name, bytes) in files {
        body.extend(
            format!(
                "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

/// Gives a beginning at once, then a byte each now and then for ever.
pub struct Drip {
    pub start: Vec<u8>,
    pub pause: Duration,
    pub left: u32,
}

impl Read for Drip {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.start.is_empty() {
            let count = self.start.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.start[..count]);
            self.start.drain(..count);
            return Ok(count);
        }
        if self.left == 0 {
            return Ok(0);
        }
        self.left -= 1;
        std::thread::sleep(self.pause);
        buffer[0] = b'x';
        Ok(1)
    }
}

/// What lies with a receiver, all pages.
pub fn inbox(receiver: &Client) -> Vec<Value> {
    all(receiver, "/api/v1/passages?box=inbox")
}

/// What came by a link, whatever became of it.
pub fn came(client: &Client, link: &Link) -> Vec<Value> {
    all(client, &format!("/api/v1/upload-links/{}/passages?", link.id()))
}

fn all(client: &Client, first: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), first.to_owned());
    loop {
        let reply = client.get(&path).json;
        all.extend(reply["items"].as_array().unwrap_or_else(|| panic!("{reply}")).clone());
        match reply["next"].as_str() {
            Some(next) => path = format!("{first}&after={next}").replace("?&", "?"),
            None => return all,
        }
    }
}

/// Waits until so many files came by a link and all have a verdict.
pub fn settled(client: &Client, link: &Link, count: usize, within: Duration) -> Vec<Value> {
    let start = Instant::now();
    loop {
        let all = came(client, link);
        let is_settled = all.iter().all(|passage| passage["state"] != "received");
        if all.len() >= count && is_settled {
            return all;
        }
        assert!(start.elapsed() < within, "{} of {count}: {all:?}", all.len());
        std::thread::sleep(Duration::from_millis(200));
    }
}
