package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/credentials"
)

// derive answers POST /credentials/derive: a holder's credential, showing no more than what was chosen. Nothing is kept, and no
// signature is checked: whoever verifies what comes out does that.
func (a credentialAPI) derive(c echo.Context) error {
	r, err := a.readRequest(c, "verifiableCredential", "options")
	if err != nil {
		return err
	}
	switch r.body["verifiableCredential"].(type) {
	case string, map[string]any:
	default:
		return badMember("/verifiableCredential", "a verifiable credential is an object, or an SD-JWT as a string")
	}
	input, err := r.text("verifiableCredential")
	if err != nil {
		return err
	}
	pointers, err := r.options.texts("selectivePointers")
	if err != nil {
		return err
	}
	if err := a.finish(c, r); err != nil {
		return err
	}
	derived, err := credentials.Derive(c.Request().Context(), input, pointers, a.contexts())
	if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
		p := problem.Problem
		return &Error{Name: p.Type, Title: p.Title, Status: http.StatusBadRequest, Detail: p.Detail, Pointer: "/verifiableCredential" + p.Pointer, Err: err}
	}
	if err != nil {
		return edgeOrInternal(err)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusCreated, mediaJSON, map[string]any{"verifiableCredential": derived.Body})
}

// contexts are those that the center's verifier has pinned; nil for the embedded ones.
func (a credentialAPI) contexts() *credentials.Contexts {
	if a.opts.Verifier == nil {
		return nil
	}
	return a.opts.Verifier.Contexts
}
