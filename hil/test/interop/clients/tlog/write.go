package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// written is what is told of a log that Tessera has written.
type written struct {
	Size     uint64 `json:"size"`
	Verifier string `json:"verifier"`
}

// write has Tessera write a log of the lines of standard input, with a new key, into a folder: for the reader on the other side. With a key file it goes on with
// the log that is there.
//
//	tlog-reader write FOLDER KEY-FILE ORIGIN
func write(folder, keyFile, origin string) {
	ctx := context.Background()
	secret, err := os.ReadFile(keyFile)
	if err != nil {
		made, verifier, err := note.GenerateKey(rand.Reader, origin)
		check(err)
		check(os.WriteFile(keyFile, []byte(made), 0o600))
		check(os.WriteFile(keyFile+".vkey", []byte(verifier), 0o644))
		secret = []byte(made)
	}
	signer := must(note.NewSigner(string(secret)))
	driver := must(posix.New(ctx, posix.Config{Path: folder}))
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(256, 50*time.Millisecond)
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	check(err)
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	var futures []tessera.IndexFuture
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		entry := append([]byte(nil), lines.Bytes()...)
		futures = append(futures, appender.Add(ctx, tessera.NewEntry(entry)))
	}
	check(lines.Err())
	for _, future := range futures {
		_, _, err := awaiter.Await(ctx, future)
		check(err)
	}
	check(shutdown(ctx))
	size := must(reader.IntegratedSize(ctx))
	verifier := must(os.ReadFile(filepath.Clean(keyFile + ".vkey")))
	check(json.NewEncoder(os.Stdout).Encode(written{size, string(verifier)}))
}

func check(err error) {
	must(0, err)
}
