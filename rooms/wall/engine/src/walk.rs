//! Walks the chains of a hook as the kernel does (nft(8), packet processing),
//! with all packets at once. What may be accepted is never less than what the
//! kernel accepts, and what is surely accepted never more.

use serde_json::Value;

use crate::compile::TABLE;
use crate::expression::{Interfaces, Names};
use crate::ruleset::{Chain, RuleAt, Ruleset};
use crate::space::{Cube, Field, Set, Span};
use crate::ward::{GUARD_MARK, GUARD_PORT};

/// Jumps inside each other that the kernel allows (`NFT_JUMP_STACK_SIZE`).
const DEPTH_MAX: usize = 16;
/// Cubes that one walk may hold; beyond, it is not followed further and said
/// to be unproven.
const CUBES_MAX: usize = 400_000;

/// Something that was not understood, where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unproven {
    /// Where.
    pub rule: RuleAt,
    /// What: a word of the rule language.
    pub what: String,
}

/// What the base chains of a hook let through.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Each cube that may be accepted, and the rule that does it.
    pub(crate) may: Vec<(Cube, usize)>,
    /// What is surely accepted.
    pub(crate) surely: Set,
    pub(crate) rules: Vec<RuleAt>,
    pub(crate) unproven: Vec<Unproven>,
    /// Each cube that may be steered out of its way before it is routed, and the
    /// rule that does it.
    pub(crate) steered: Vec<(Cube, usize, Steer)>,
    /// What surely goes to the guard while it runs.
    pub(crate) guarded_surely: Set,
    /// What surely has the guard's mark while it runs.
    pub(crate) marked_surely: Set,
}

/// Where packets are steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steer {
    /// To the guard's socket.
    Guard,
    /// To the gateway itself, by the guard's mark.
    Mark,
    /// To anything else.
    Elsewhere,
}

/// Walks one base chain.
pub(crate) fn walk(ruleset: &Ruleset, chain: &Chain, interfaces: &Interfaces) -> Walked {
    let mut walk = Walk {
        ruleset,
        interfaces,
        walked: Walked::default(),
        dropped_surely: Set::nothing(),
        dropped_maybe: Set::nothing(),
        is_before_routing: chain.hook.as_ref().is_some_and(|hook| hook.name == "prerouting"),
    };
    let all = Path { cubes: of_family(&chain.at.family), is_sure: true, is_sure_with_guard: true };
    let mut left = Left::default();
    walk.chain(chain, &all, &mut left, 0);
    if chain.hook.as_ref().is_none_or(|hook| hook.accepts) {
        // What left by `return` or `goto` meets the policy too.
        walk.accept(&all, &Left::default(), &chain.at);
    }
    walk.walked
}

/// The packets that a table of a family sees.
pub(crate) fn of_family(family: &str) -> Vec<Cube> {
    let four = Span::ipv4(std::net::Ipv4Addr::UNSPECIFIED, 0);
    let everything = Set::everything();
    let is_four = |cube: &Cube| Some(cube.span(Field::Source)) == four;
    let of = |keep: bool| {
        everything.cubes().iter().filter(|cube| is_four(cube) == keep).cloned().collect()
    };
    match family {
        "ip" => of(true),
        "ip6" => of(false),
        _ => everything.cubes().to_vec(),
    }
}

/// How packets come to a rule.
#[derive(Clone)]
struct Path {
    cubes: Vec<Cube>,
    /// False where some of them may come and may not.
    is_sure: bool,
    /// The same while the guard runs.
    is_sure_with_guard: bool,
}

impl Path {
    fn doubted(&mut self) {
        self.is_sure = false;
        self.is_sure_with_guard = false;
    }
}

/// Packets that left a chain by `return`, as far as that is known.
#[derive(Default)]
struct Left {
    surely: Set,
    maybe: Set,
}

struct Walk<'a> {
    ruleset: &'a Ruleset,
    interfaces: &'a Interfaces,
    walked: Walked,
    dropped_surely: Set,
    dropped_maybe: Set,
    is_before_routing: bool,
}

/// Where a verdict sends packets.
enum Verdict<'v> {
    Accept,
    Drop,
    Return,
    Jump(&'v str),
    Goto(&'v str),
    /// On to the next rule.
    Continue,
    /// Somebody else decides.
    Unknown,
}

fn verdict(statement: &Value) -> Option<Verdict<'_>> {
    let (word, body) = statement.as_object()?.iter().next()?;
    let target = || body.get("target").and_then(Value::as_str);
    Some(match word.as_str() {
        "accept" => Verdict::Accept,
        "drop" | "reject" => Verdict::Drop,
        "return" => Verdict::Return,
        "continue" => Verdict::Continue,
        "jump" => Verdict::Jump(target()?),
        "goto" => Verdict::Goto(target()?),
        "queue" | "synproxy" | "fwd" => Verdict::Unknown,
        _ => return None,
    })
}

/// True for statements that send packets another way before they are routed.
/// What else a rule may change of them is not followed.
fn is_steering(word: &str, body: &Value) -> bool {
    matches!(word, "tproxy" | "redirect") || (word == "mangle" && is_guard_mark(body))
}

/// True for our own rule that leads to the guard's socket.
fn is_to_guard(at: &RuleAt, body: &Value) -> bool {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let is_port = body.get("port").and_then(Value::as_u64) == Some(GUARD_PORT.into());
    let is_loopback = matches!(
        (text("family"), text("addr")),
        (Some("ip"), Some("127.0.0.1")) | (Some("ip6"), Some("::1"))
    );
    let is_ours = (at.family.as_str(), at.table.as_str()) == ("inet", TABLE);
    is_ours && is_port && is_loopback
}

/// True where the packet's mark becomes the guard's.
pub(crate) fn is_guard_mark(body: &Value) -> bool {
    let key = body.get("key").and_then(|key| key.get("meta")?.get("key")?.as_str());
    let value = body.get("value").and_then(Value::as_u64);
    key == Some("mark") && value == Some(GUARD_MARK.into())
}

impl Walk<'_> {
    /// One chain; true where a `goto` took everything away.
    fn chain(&mut self, chain: &Chain, path: &Path, left: &mut Left, depth: usize) {
        if depth > DEPTH_MAX {
            self.doubt(&chain.at, "jumps too deep");
            return;
        }
        for rule in &chain.rules {
            self.rule(&rule.at, &rule.statements, path, left, depth);
        }
    }

    fn rule(
        &mut self,
        at: &RuleAt,
        statements: &[Value],
        path: &Path,
        left: &mut Left,
        depth: usize,
    ) {
        let mut here = path.clone();
        for statement in statements {
            if here.cubes.is_empty() {
                return;
            }
            let Some((word, body)) = statement.as_object().and_then(|one| one.iter().next()) else {
                // Such as `{"notrack": null}` written as a bare word.
                here.doubted();
                self.doubt(at, "statement");
                continue;
            };
            if word == "match" {
                self.matched(at, body, &mut here);
            } else if word == "vmap" {
                self.mapped(at, body, &here, left, depth);
                return;
            } else if self.is_before_routing && is_steering(word, body) {
                self.steered(at, word, body, &mut here, left);
            } else if let Some(verdict) = verdict(statement) {
                self.decide(at, &verdict, &here, left, depth);
                return;
            } else {
                self.beside(at, word, &mut here);
            }
        }
    }

    fn names<'n>(&'n self, at: &'n RuleAt) -> Names<'n> {
        Names {
            sets: &self.ruleset.sets,
            interfaces: self.interfaces,
            family: &at.family,
            table: &at.table,
        }
    }

    fn matched(&mut self, at: &RuleAt, body: &Value, here: &mut Path) {
        match self.names(at).matched(body) {
            Some(set) => {
                let cubes: Set = here.cubes.drain(..).collect();
                here.cubes = cubes.and(&set).cubes().to_vec();
                if here.cubes.len() > CUBES_MAX {
                    here.doubted();
                    here.cubes = of_family(&at.family);
                    self.doubt(at, "too many cases");
                }
            }
            None => {
                here.doubted();
                self.doubt(at, "match");
            }
        }
    }

    /// A statement that sends packets another way than routing would.
    fn steered(&mut self, at: &RuleAt, word: &str, body: &Value, here: &mut Path, left: &Left) {
        let steer = match word {
            "tproxy" if is_to_guard(at, body) => Steer::Guard,
            "mangle" => Steer::Mark,
            _ => Steer::Elsewhere,
        };
        let number = self.walked.rules.len();
        self.walked.rules.push(at.clone());
        let (may, surely) = self.still_here(here, left);
        let may = may.without(&self.dropped_surely);
        self.walked.steered.extend(may.cubes().iter().map(|cube| (cube.clone(), number, steer)));
        let surely = surely.without(&self.dropped_maybe);
        let into = match steer {
            Steer::Guard => &mut self.walked.guarded_surely,
            Steer::Mark => &mut self.walked.marked_surely,
            Steer::Elsewhere => {
                // Whether a socket or an address is there is not known.
                here.doubted();
                return;
            }
        };
        if here.is_sure_with_guard {
            *into = std::mem::take(into).or(surely);
        }
        // Without a guard the rule ends here, and nothing has happened.
        here.is_sure &= steer == Steer::Mark;
    }

    /// A statement that decides nothing by itself.
    fn beside(&mut self, at: &RuleAt, word: &str, here: &mut Path) {
        match word {
            "counter" | "log" | "notrack" => {}
            // It lets some through to what follows, and some not.
            "limit" | "quota" | "ct count" => here.is_sure = false,
            other => {
                here.doubted();
                self.doubt(at, other);
            }
        }
    }

    fn mapped(&mut self, at: &RuleAt, body: &Value, here: &Path, left: &mut Left, depth: usize) {
        let found = body.get("key").zip(body.get("data"));
        let found = found.and_then(|(key, data)| {
            let names = self.names(at);
            let entries = names.entries(data)?;
            let each =
                |(value, verdict): (Value, Value)| Some((names.equal(key, &value)?, verdict));
            entries.into_iter().map(each).collect::<Option<Vec<(Set, Value)>>>()
        });
        let Some(entries) = found else {
            self.doubt(at, "vmap");
            self.accept(here, left, at);
            return;
        };
        let cubes: Set = here.cubes.iter().cloned().collect();
        for (set, statement) in &entries {
            let branch = Path { cubes: cubes.and(set).cubes().to_vec(), ..here.clone() };
            if branch.cubes.is_empty() {
                continue;
            }
            match verdict(statement) {
                Some(verdict) => self.decide(at, &verdict, &branch, left, depth),
                None => self.decide(at, &Verdict::Unknown, &branch, left, depth),
            }
        }
    }

    fn decide(
        &mut self,
        at: &RuleAt,
        verdict: &Verdict<'_>,
        here: &Path,
        left: &mut Left,
        depth: usize,
    ) {
        match verdict {
            Verdict::Continue => {}
            Verdict::Accept => self.accept(here, left, at),
            Verdict::Unknown => {
                self.doubt(at, "decided elsewhere");
                let mut here = here.clone();
                here.doubted();
                self.accept(&here, left, at);
            }
            Verdict::Drop => {
                let (may, surely) = self.still_here(here, left);
                if here.is_sure {
                    self.dropped_surely = std::mem::take(&mut self.dropped_surely).or(surely);
                }
                self.dropped_maybe = std::mem::take(&mut self.dropped_maybe).or(may);
            }
            Verdict::Return => {
                if here.is_sure {
                    left.surely =
                        std::mem::take(&mut left.surely).or(here.cubes.iter().cloned().collect());
                }
                left.maybe =
                    std::mem::take(&mut left.maybe).or(here.cubes.iter().cloned().collect());
            }
            Verdict::Jump(target) | Verdict::Goto(target) => {
                let key = (at.family.clone(), at.table.clone(), (*target).to_owned());
                let Some(chain) = self.ruleset.chains.get(&key) else {
                    self.doubt(at, "a chain that is not there");
                    self.accept(here, left, at);
                    return;
                };
                // Those that have left already do not come along.
                let (may, _) = self.still_here(here, left);
                let is_whole = left.maybe.and(&may).is_empty();
                let path = Path {
                    cubes: may.cubes().to_vec(),
                    is_sure: here.is_sure && is_whole,
                    is_sure_with_guard: here.is_sure_with_guard && is_whole,
                };
                self.chain(chain, &path, &mut Left::default(), depth + 1);
                if matches!(verdict, Verdict::Goto(_)) {
                    // It does not come back: for this chain that is a return.
                    if here.is_sure {
                        left.surely = std::mem::take(&mut left.surely).or(here
                            .cubes
                            .iter()
                            .cloned()
                            .collect());
                    }
                    left.maybe =
                        std::mem::take(&mut left.maybe).or(here.cubes.iter().cloned().collect());
                }
            }
        }
    }

    /// What may be here still, and what surely is.
    fn still_here(&self, here: &Path, left: &Left) -> (Set, Set) {
        let cubes: Set = here.cubes.iter().cloned().collect();
        (cubes.without(&left.surely), cubes.without(&left.maybe))
    }

    fn accept(&mut self, here: &Path, left: &Left, at: &RuleAt) {
        let number = self.walked.rules.len();
        self.walked.rules.push(at.clone());
        let (may, surely) = self.still_here(here, left);
        let may = may.without(&self.dropped_surely);
        self.walked.may.extend(may.cubes().iter().map(|cube| (cube.clone(), number)));
        if here.is_sure {
            let surely = surely.without(&self.dropped_maybe);
            self.walked.surely = std::mem::take(&mut self.walked.surely).or(surely);
        }
    }

    fn doubt(&mut self, at: &RuleAt, what: &str) {
        let unproven = Unproven { rule: at.clone(), what: what.to_owned() };
        if !self.walked.unproven.contains(&unproven) {
            self.walked.unproven.push(unproven);
        }
    }
}
