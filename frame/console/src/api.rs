//! The interface for programs, under `/api/v1`.

use crate::routes::Routes;

/// All endpoints.
pub(crate) fn routes() -> Routes {
    Routes::new()
}
