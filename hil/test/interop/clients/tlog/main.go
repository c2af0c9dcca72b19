// Reads an audit log of ours with other people's readers of C2SP tlog-tiles: Go's checksum database (golang.org/x/mod/sumdb) and Tessera's client.
//
//	tlog-reader FOLDER VERIFIER-KEY-FILE [OLD-CHECKPOINT-FILE]
//
// Checks the signature of the checkpoint, an inclusion proof of every entry, and with an old checkpoint that the log has grown from it. Prints one line of JSON:
// what was checked, or why each of them refused it.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

type told struct {
	Size     int64  `json:"size"`
	Proofs   int64  `json:"proofs"`
	GrewFrom int64  `json:"grewFrom,omitempty"`
	Sumdb    string `json:"sumdb,omitempty"`
	Tessera  string `json:"tessera,omitempty"`
}

func main() {
	if os.Args[1] == "write" {
		write(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	folder := os.Args[1]
	verifier := verifierOf(os.Args[2])
	var old []byte
	if len(os.Args) > 3 {
		old = must(os.ReadFile(os.Args[3]))
	}
	answer, err := readAsSumdb(folder, verifier, old)
	other, otherErr := readAsTessera(folder, verifier, old)
	switch {
	case err != nil || otherErr != nil:
		tell(told{Sumdb: textOf(err), Tessera: textOf(otherErr)})
	case answer != other:
		tell(told{Sumdb: fmt.Sprint(answer), Tessera: fmt.Sprint(other)})
	default:
		tell(answer)
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func verifierOf(path string) note.Verifier {
	return must(note.NewVerifier(strings.TrimSpace(string(must(os.ReadFile(path))))))
}

// readAsSumdb checks the log with Go's own tiles, which are authenticated against the root.
func readAsSumdb(folder string, verifier note.Verifier, old []byte) (told, error) {
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return told{}, err
	}
	tree, err := treeOf(checkpoint, verifier)
	if err != nil {
		return told{}, err
	}
	hashes := tlog.TileHashReader(tree, tiles{folder})
	answer := told{Size: tree.N}
	for at := int64(0); at < tree.N; at += tileWidth {
		entries, err := bundle(folder, at, min(tree.N-at, tileWidth))
		if err != nil {
			return told{}, err
		}
		for index, entry := range entries {
			number := at + int64(index)
			inclusion, err := tlog.ProveRecord(tree.N, number, hashes)
			if err != nil {
				return told{}, err
			}
			if err := tlog.CheckRecord(inclusion, tree.N, tree.Hash, number, tlog.RecordHash(entry)); err != nil {
				return told{}, fmt.Errorf("entry %d: %w", number, err)
			}
			answer.Proofs++
		}
	}
	if old == nil {
		return answer, nil
	}
	before, err := treeOf(old, verifier)
	if err != nil {
		return told{}, err
	}
	if before.N > tree.N {
		return told{}, fmt.Errorf("the log had %d entries, and has %d", before.N, tree.N)
	}
	growth, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return told{}, err
	}
	answer.GrewFrom = before.N
	return answer, tlog.CheckTree(growth, tree.N, tree.Hash, before.N, before.Hash)
}

func treeOf(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("no root in the checkpoint")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// tiles reads those of C2SP's layout; the ones of the checksum database have the height in their path, too.
type tiles struct{ folder string }

func (t tiles) Height() int                     { return tileHeight }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range list {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func bundle(folder string, at, count int64) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: at / tileWidth, W: int(count)}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight), "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is cut", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if int64(len(entries)) != count {
		return nil, fmt.Errorf("%s has %d entries, expected %d", path, len(entries), count)
	}
	return entries, nil
}

// readAsTessera checks the same with Tessera's client.
func readAsTessera(folder string, verifier note.Verifier, old []byte) (told, error) {
	ctx := context.Background()
	files := client.FileFetcher{Root: folder}
	checkpoint, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return told{}, err
	}
	size := checkpoint.Size
	proofs, err := client.NewProofBuilder(ctx, size, files.ReadTile)
	if err != nil {
		return told{}, err
	}
	answer := told{Size: int64(size)}
	for at := uint64(0); at < size; at += tileWidth {
		bundle, err := client.GetEntryBundle(ctx, files.ReadEntryBundle, at/tileWidth, size)
		if err != nil {
			return told{}, err
		}
		for index, entry := range bundle.Entries {
			number := at + uint64(index)
			inclusion, err := proofs.InclusionProof(ctx, number)
			if err != nil {
				return told{}, err
			}
			leaf := rfc6962.DefaultHasher.HashLeaf(entry)
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, number, size, leaf, inclusion, checkpoint.Hash); err != nil {
				return told{}, fmt.Errorf("entry %d: %w", number, err)
			}
			answer.Proofs++
		}
	}
	if old == nil {
		return answer, nil
	}
	tracker, err := client.NewLogStateTracker(ctx, files.ReadTile, old, verifier, verifier.Name(), client.UnilateralConsensus(files.ReadCheckpoint))
	if err != nil {
		return told{}, err
	}
	answer.GrewFrom = int64(tracker.Latest().Size)
	if _, _, _, err := tracker.Update(ctx); err != nil {
		return told{}, err
	}
	latest := tracker.Latest()
	if latest.Size != size || !bytes.Equal(latest.Hash, checkpoint.Hash) {
		return told{}, errors.New("the log is not newer than the old checkpoint")
	}
	return answer, nil
}

func tell(answer told) {
	fmt.Println(string(must(json.Marshal(answer))))
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}
