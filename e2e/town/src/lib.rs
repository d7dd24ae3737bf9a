//! For tests only: starts the program as a user would, and drives it through a
//! real browser and through its interface. Knows nothing of its inside.

pub mod browser;
pub mod client;
pub mod clock;
pub mod demo;
pub mod keeper;
pub mod mail_ground;
pub mod program;
pub mod relay;

pub use browser::Browser;
pub use client::{Client, Reply};
pub use clock::Clock;
pub use demo::{Account, Demo};
pub use keeper::Keeper;
pub use program::Program;

/// A town in a folder of its own, running.
pub struct Town {
    /// The process.
    pub program: Program,
    /// Who lives there.
    pub demo: Demo,
}

impl Town {
    /// Starts a demo town on a free port.
    ///
    /// # Panics
    /// If it does not start within a minute.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// As [`Town::start`], with further arguments to `sekisho up`.
    ///
    /// # Panics
    /// If it does not start within a minute.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::of(Program::demo(arguments))
    }

    /// Starts a demo town under a clock that can jump, where there is one.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_by(clock: Option<&Clock>) -> Self {
        Self::of(Program::demo_by(clock, &[]))
    }

    /// As [`Town::start_by`], with further arguments to `sekisho up`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_by_with(clock: Option<&Clock>, arguments: &[&str]) -> Self {
        Self::of(Program::demo_by(clock, arguments))
    }

    /// Starts a demo town that listens on every address of this machine.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_for_all() -> Self {
        Self::of(Program::demo_for_all())
    }

    fn of(program: Program) -> Self {
        let demo = Demo::read(&program.data().join("demo.json"));
        Self { program, demo }
    }

    /// Signs somebody in through the interface.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn client_of(&self, login: &str) -> Client {
        Client::sign_in(&self.demo, self.demo.person(login))
    }

    /// Signs somebody of a role in through the interface.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn client(&self, role: &str) -> Client {
        Client::sign_in(&self.demo, self.demo.account(role))
    }
}
