//! Asks the town's resolver what a check of a sender must know: over UDP, and
//! over TCP where an answer does not fit. Believes only who was asked what was
//! asked, for a while remembers what was said, and never asks for long.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use mail_engine::auth::{Answer, Answers, Question, RecordKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// One try over one way takes no longer.
const TRY_TIME_MAX: Duration = Duration::from_secs(3);
/// All questions of one mail together take no longer.
pub(crate) const MAIL_TIME_MAX: Duration = Duration::from_secs(20);
/// Tries of one question.
const TRIES: usize = 2;
/// Questions that are open at once for one mail.
const AT_ONCE: usize = 16;
/// An answer over UDP (RFC 6891 6.2.5 and what networks carry).
const DATAGRAM_BYTES_MAX: usize = 4_096;
/// An answer over TCP (RFC 1035 4.2.2).
const STREAM_BYTES_MAX: usize = 65_535;
/// Records of one answer that are read.
const RECORDS_MAX: usize = 100;
/// Answers that are remembered.
const KNOWN_MAX: usize = 10_000;
/// None is remembered for longer; what does not exist for a minute.
const KNOWN_TIME_MAX: Duration = Duration::from_secs(3_600);
const MISSING_TIME: Duration = Duration::from_secs(60);

/// Asks one resolver of the town.
#[derive(Clone)]
pub struct Resolver {
    server: SocketAddr,
    known: Arc<Mutex<BTreeMap<Question, (Instant, Answer)>>>,
}

impl Resolver {
    /// Asks there.
    #[must_use]
    pub fn new(server: SocketAddr) -> Self {
        Self { server, known: Arc::default() }
    }

    /// Answers questions of one mail; what cannot be had by the deadline is
    /// [`Answer::Failed`].
    pub(crate) async fn answer(
        &self,
        questions: Vec<Question>,
        answers: &mut Answers,
        deadline: tokio::time::Instant,
    ) {
        let mut waiting = Vec::new();
        for question in questions {
            match self.remembered(&question) {
                Some(answer) => answers.put(question, answer),
                None => waiting.push(question),
            }
        }
        let mut asking = JoinSet::new();
        let mut waiting = waiting.into_iter();
        let mut open: Vec<Question> = Vec::new();
        loop {
            while asking.len() < AT_ONCE {
                let Some(question) = waiting.next() else { break };
                open.push(question.clone());
                let this = self.clone();
                asking.spawn(async move {
                    let answer = this.ask(&question).await;
                    (question, answer)
                });
            }
            match tokio::time::timeout_at(deadline, asking.join_next()).await {
                Ok(Some(Ok((question, answer)))) => {
                    open.retain(|one| *one != question);
                    answers.put(question, answer);
                }
                Ok(Some(Err(_))) => {}
                Ok(None) | Err(_) => break,
            }
        }
        for question in open.into_iter().chain(waiting) {
            answers.put(question, Answer::Failed);
        }
    }

    fn remembered(&self, question: &Question) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = known.get(question)?;
        (Instant::now() < *until).then(|| answer.clone())
    }

    fn remember(&self, question: &Question, answer: &Answer, span: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            let now = Instant::now();
            known.retain(|_, (until, _)| now < *until);
        }
        if known.len() < KNOWN_MAX {
            let until = Instant::now() + span.min(KNOWN_TIME_MAX);
            known.insert(question.clone(), (until, answer.clone()));
        }
    }

    async fn ask(&self, question: &Question) -> Answer {
        let kind = record_type(question.kind);
        let Ok(mut name) = Name::from_ascii(&question.name) else { return Answer::Nothing };
        name.set_fqdn(true);
        for _ in 0..TRIES {
            let query = Query::query(name.clone(), kind);
            if let Some(said) = self.exchange(&query).await {
                let (answer, span) = read(question.kind, &said);
                if let Some(span) = span {
                    self.remember(question, &answer, span);
                }
                return answer;
            }
        }
        Answer::Failed
    }

    /// One question over UDP, and over TCP where the answer was cut.
    async fn exchange(&self, query: &Query) -> Option<Message> {
        let mut asked = Message::new(id(), MessageType::Query, OpCode::Query);
        asked.metadata.recursion_desired = true;
        asked.add_query(query.clone());
        let mut edns = hickory_proto::op::Edns::new();
        edns.set_max_payload(1_232);
        asked.set_edns(edns);
        let bytes = asked.to_vec().ok()?;
        let said =
            tokio::time::timeout(TRY_TIME_MAX, self.over_udp(&bytes, &asked)).await.ok()??;
        if !said.metadata.truncation {
            return Some(said);
        }
        tokio::time::timeout(TRY_TIME_MAX, self.over_tcp(&bytes, &asked)).await.ok()?
    }

    async fn over_udp(&self, bytes: &[u8], asked: &Message) -> Option<Message> {
        let own = if self.server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        // A port of its own for each question, given by the system.
        let socket = UdpSocket::bind(own).await.ok()?;
        socket.connect(self.server).await.ok()?;
        socket.send(bytes).await.ok()?;
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let length = socket.recv(&mut buffer).await.ok()?;
            let said = Message::from_vec(buffer.get(..length)?).ok();
            // What answers another question is passed over: it may be forged.
            if let Some(said) = said.filter(|said| is_answer(said, asked)) {
                return Some(said);
            }
        }
    }

    async fn over_tcp(&self, bytes: &[u8], asked: &Message) -> Option<Message> {
        let mut stream = TcpStream::connect(self.server).await.ok()?;
        let length = u16::try_from(bytes.len()).ok()?;
        stream.write_all(&length.to_be_bytes()).await.ok()?;
        stream.write_all(bytes).await.ok()?;
        let length = usize::from(stream.read_u16().await.ok()?).min(STREAM_BYTES_MAX);
        let mut buffer = vec![0; length];
        stream.read_exact(&mut buffer).await.ok()?;
        Message::from_vec(&buffer).ok().filter(|said| is_answer(said, asked))
    }
}

/// RFC 5452 9.1: the id and the question come back as they were asked.
fn is_answer(said: &Message, asked: &Message) -> bool {
    said.metadata.id == asked.metadata.id
        && said.metadata.message_type == MessageType::Response
        && said.queries == asked.queries
}

fn id() -> u16 {
    let mut bytes = [0; 2];
    base::Random::fill(&base::SystemRandom, &mut bytes);
    u16::from_le_bytes(bytes)
}

const fn record_type(kind: RecordKind) -> RecordType {
    match kind {
        RecordKind::Txt => RecordType::TXT,
        RecordKind::A => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Mx => RecordType::MX,
        RecordKind::Ptr => RecordType::PTR,
    }
}

/// What a message says, and how long that may be believed.
fn read(kind: RecordKind, said: &Message) -> (Answer, Option<Duration>) {
    match said.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return (Answer::Nothing, Some(MISSING_TIME)),
        _ => return (Answer::Failed, None),
    }
    let wanted = record_type(kind);
    let records: Vec<&hickory_proto::rr::Record> = said
        .answers
        .iter()
        .filter(|record| record.record_type() == wanted)
        .take(RECORDS_MAX)
        .collect();
    let Some(seconds) = records.iter().map(|record| record.ttl).min() else {
        return (Answer::Nothing, Some(MISSING_TIME));
    };
    let name = |name: &Name| name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let data = records.iter().map(|record| &record.data);
    let answer = match kind {
        RecordKind::Txt => Answer::Txt(
            data.filter_map(|data| match data {
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            })
            .collect(),
        ),
        RecordKind::A => Answer::A(
            data.filter_map(|data| match data {
                RData::A(address) => Some(address.0),
                _ => None,
            })
            .collect(),
        ),
        RecordKind::Aaaa => Answer::Aaaa(
            data.filter_map(|data| match data {
                RData::AAAA(address) => Some(address.0),
                _ => None,
            })
            .collect(),
        ),
        RecordKind::Mx => Answer::Mx(
            data.filter_map(|data| match data {
                RData::MX(server) => Some((server.preference, name(&server.exchange))),
                _ => None,
            })
            .collect(),
        ),
        RecordKind::Ptr => Answer::Ptr(
            data.filter_map(|data| match data {
                RData::PTR(host) => Some(name(&host.0)),
                _ => None,
            })
            .collect(),
        ),
    };
    (answer, Some(Duration::from_secs(u64::from(seconds))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use hickory_proto::rr::Record;
    use hickory_proto::rr::rdata::{MX, TXT};
    use tokio::net::TcpListener;

    use super::*;

    /// A resolver that first says something else, then that it does not fit, and
    /// over TCP the whole.
    async fn resolver() -> SocketAddr {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).await.unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 1_024];
            loop {
                let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
                let mut said = Message::from_vec(&buffer[..length]).unwrap().into_response();
                said.metadata.message_type = MessageType::Response;
                let is_long = said.queries[0].name().to_ascii().starts_with("long");
                let mut forged = said.clone();
                forged.metadata.id = said.metadata.id.wrapping_add(1);
                forged.add_answer(answer(&said, "forged"));
                udp.send_to(&forged.to_vec().unwrap(), from).await.unwrap();
                if is_long {
                    said.metadata.truncation = true;
                } else if said.queries[0].name().to_ascii().starts_with("gone") {
                    said.metadata.response_code = ResponseCode::NXDomain;
                } else if said.queries[0].query_type() == RecordType::MX {
                    let name = said.queries[0].name().clone();
                    let server = MX::new(10, Name::from_ascii("MX.example.").unwrap());
                    said.add_answer(Record::from_rdata(name, 60, RData::MX(server)));
                } else {
                    said.add_answer(answer(&said, "short"));
                }
                udp.send_to(&said.to_vec().unwrap(), from).await.unwrap();
            }
        });
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = tcp.accept().await.unwrap();
                let length = stream.read_u16().await.unwrap();
                let mut bytes = vec![0; usize::from(length)];
                stream.read_exact(&mut bytes).await.unwrap();
                let mut said = Message::from_vec(&bytes).unwrap().into_response();
                said.metadata.message_type = MessageType::Response;
                said.add_answer(answer(&said, "whole"));
                let bytes = said.to_vec().unwrap();
                stream.write_all(&(bytes.len() as u16).to_be_bytes()).await.unwrap();
                stream.write_all(&bytes).await.unwrap();
            }
        });
        address
    }

    fn answer(said: &Message, text: &str) -> Record {
        let name = said.queries[0].name().clone();
        Record::from_rdata(name, 60, RData::TXT(TXT::new(vec![text.to_owned(), "!".to_owned()])))
    }

    #[tokio::test]
    async fn what_was_asked_is_answered_and_nothing_else_believed() {
        let resolver = Resolver::new(resolver().await);
        let of = |kind, name| Question::new(kind, name);
        let questions = vec![
            of(RecordKind::Txt, "_dmarc.short.example"),
            of(RecordKind::Txt, "long.example"),
            of(RecordKind::Txt, "gone.example"),
            of(RecordKind::Mx, "short.example"),
        ];
        let mut answers = Answers::default();
        let deadline = tokio::time::Instant::now() + MAIL_TIME_MAX;
        resolver.answer(questions.clone(), &mut answers, deadline).await;
        let said: BTreeMap<_, _> = answers.iter().collect();
        let text = |text: &str| Answer::Txt(vec![text.as_bytes().to_vec()]);
        assert_eq!(said[&questions[0]], &text("short!"));
        assert_eq!(said[&questions[1]], &text("whole!"));
        assert_eq!(said[&questions[2]], &Answer::Nothing);
        assert_eq!(said[&questions[3]], &Answer::Mx(vec![(10, "mx.example".to_owned())]));
        assert!(resolver.remembered(&questions[0]).is_some());
    }

    #[tokio::test]
    async fn who_does_not_answer_is_a_failure_in_time() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let resolver = Resolver::new(silent.local_addr().unwrap());
        let question = Question::new(RecordKind::Txt, "a.example");
        let mut answers = Answers::default();
        let deadline = tokio::time::Instant::now() + Duration::from_millis(200);
        resolver.answer(vec![question.clone()], &mut answers, deadline).await;
        assert_eq!(answers.iter().next(), Some((&question, &Answer::Failed)));
        assert!(resolver.remembered(&question).is_none());
    }
}
