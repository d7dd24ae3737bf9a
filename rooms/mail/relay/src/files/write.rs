//! Writes `name = value` so that Postfix reads back exactly the value.

/// Values that hold what a line of main.cf cannot are left empty, which the
/// types of a setting make impossible; Postfix then refuses to start.
pub(crate) fn safe(value: &str) -> String {
    if value.chars().any(|c| c.is_control()) { String::new() } else { value.replace('$', "$$") }
}

/// A file of parameters.
#[derive(Debug)]
pub(crate) struct Parameters {
    text: String,
}

impl Parameters {
    pub(crate) fn new(title: &str) -> Self {
        Self { text: format!("# {title}\n# Written by Sekisho; changes are lost.\n") }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<str>) {
        let value = safe(value.as_ref());
        let space = if value.is_empty() { "" } else { " " };
        self.text.push_str(&format!("{name} ={space}{value}\n"));
    }

    pub(crate) fn number(&mut self, name: &str, value: impl Into<u64>) {
        self.set(name, value.into().to_string());
    }

    pub(crate) fn list(&mut self, name: &str, values: &[&str]) {
        self.set(name, values.join(", "));
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// One service of master.cf with its own parameters.
pub(crate) fn service(head: &str, parameters: &[(&str, String)]) -> String {
    let mut out = format!("{head}\n");
    for (name, value) in parameters {
        let value = safe(value);
        out.push_str(&format!("    -o {{ {name} = {value} }}\n"));
    }
    out
}
