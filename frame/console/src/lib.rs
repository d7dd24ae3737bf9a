//! Layout, components, sessions and error pages; the API shell; the trait of a room.
