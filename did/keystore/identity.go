package keystore

import (
	"errors"
	"fmt"
	"io/fs"

	"filippo.io/age"
)

// makeIdentity makes what opens every key of the store, and seals it with the passphrase.
func (f *File) makeIdentity(o Options) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	passphrase, err := o.passphrase()
	if err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(defaultWorkFactor)
	if o.WorkFactor != 0 {
		recipient.SetWorkFactor(o.WorkFactor)
	}
	sealed, err := seal([]byte(identity.String()), recipient,
		"hanse keystore: the identity that opens the private keys in this folder.",
		"Sealed with a passphrase (age, scrypt). Without it, or without the passphrase, the keys are lost.")
	if err != nil {
		return err
	}
	if err := f.write(identityFile, sealed); err != nil {
		return fmt.Errorf("keystore: %w", err)
	}
	f.identity = identity
	return nil
}

// openIdentity opens it: the one place that costs a scrypt.
func (f *File) openIdentity(o Options) error {
	sealed, err := f.read(identityFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w at %s", ErrNoKeystore, f.path)
	}
	if err != nil {
		return fmt.Errorf("keystore: %w", err)
	}
	passphrase, err := o.passphrase()
	if err != nil {
		return err
	}
	unlock, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return err
	}
	unlock.SetMaxWorkFactor(maxWorkFactor)
	text, err := open(sealed, unlock)
	if err != nil {
		if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
			return fmt.Errorf("%w for the keystore at %s", ErrPassphrase, f.path)
		}
		return fmt.Errorf("%w: %s", ErrDamaged, f.join(identityFile))
	}
	if f.identity, err = age.ParseX25519Identity(string(text)); err != nil {
		return fmt.Errorf("%w: %s", ErrDamaged, f.join(identityFile))
	}
	return nil
}
