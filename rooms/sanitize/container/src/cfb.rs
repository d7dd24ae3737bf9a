//! OLE compound files, [MS-CFB]: a tolerant reader and a writer that leaves no slack.
