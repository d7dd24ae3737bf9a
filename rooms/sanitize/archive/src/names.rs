//! Keeps member names apart: no two files of one archive may meet in one place,
//! also where a file system ignores case. Names come in safe already.

use std::collections::{BTreeMap, BTreeSet};

use sanitize_core::filename::with_number;

/// The names given out so far, folded to lower case.
#[derive(Default)]
pub(crate) struct Names {
    files: BTreeSet<String>,
    directories: BTreeSet<String>,
    /// The next number to try for a name that was taken, so that many equal
    /// names cost no more than many different ones.
    next: BTreeMap<String, u32>,
}

impl Names {
    /// Takes a file's name; returns the one it gets, which differs where the
    /// name is taken or leads through a file.
    pub(crate) fn file(&mut self, name: &str) -> String {
        let name = self.through_directories(name);
        let mut free = name.clone();
        while self.files.contains(&fold(&free)) || self.directories.contains(&fold(&free)) {
            free = with_number(&name, self.number(&name));
        }
        self.files.insert(fold(&free));
        free
    }

    /// Takes a directory's name; `None` where it stands already.
    pub(crate) fn directory(&mut self, name: &str) -> Option<String> {
        let path = self.through_directories(&format!("{name}/x"));
        let path = path.strip_suffix("/x")?;
        self.given(path).then(|| path.to_owned())
    }

    /// Says whether the directory is given for the first time as a member.
    fn given(&mut self, path: &str) -> bool {
        // A slash at the end marks those that stand as members of their own.
        self.directories.insert(fold(path) + "/")
    }

    fn number(&mut self, name: &str) -> u32 {
        let next = self.next.entry(fold(name)).or_insert(1);
        *next += 1;
        *next
    }

    /// Notes every directory on the way; one that is called as a file gets a
    /// number.
    fn through_directories(&mut self, name: &str) -> String {
        let mut path = String::new();
        let mut parts = name.split('/').peekable();
        while let Some(part) = parts.next() {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            if parts.peek().is_none() {
                break;
            }
            let wanted = path.clone();
            if self.files.contains(&fold(&path)) {
                // All that lies under this name goes to one and the same place.
                path = format!("{wanted} (2)");
                while self.files.contains(&fold(&path)) {
                    path.push('_');
                }
            }
            self.directories.insert(fold(&path));
        }
        path
    }
}

fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_only_are_kept_apart() {
        let mut names = Names::default();
        assert_eq!(names.file("a/B.txt"), "a/B.txt");
        assert_eq!(names.file("A/b.TXT"), "A/b (2).TXT");
        assert_eq!(names.file("a/b.txt"), "a/b (3).txt");
    }

    #[test]
    fn a_file_is_no_directory() {
        let mut names = Names::default();
        assert_eq!(names.file("a"), "a");
        assert_eq!(names.file("a/b"), "a (2)/b");
        assert_eq!(names.file("c/d"), "c/d");
        assert_eq!(names.file("c"), "c (2)");
        assert_eq!(names.directory("c").as_deref(), Some("c"));
        assert_eq!(names.directory("c"), None);
    }
}
