# shellcheck shell=sh
# mortal COMMAND… — runs COMMAND, and ends it soon after this shell has been killed.
#
# When the user stops Pulumi, it kills the shell alone and without a warning: no trap runs, and COMMAND would go on. Pulumi then
# waits for all that can still write to the shell's streams. If mortal_folder is set, that folder is deleted as well.
mortal_folder=

mortal() {
    # A command in the background reads nothing, unless it is told to.
    { "$@" <&3 3<&- & } 3<&0
    mortal_child=$!
    # This one has no stream of the shell's, so nobody waits for it.
    {
        set +e
        # Whoever ends the shell and all that it started leaves this one the time to do its work.
        trap "" TERM
        while kill -0 $$; do sleep 1; done
        kill "$mortal_child"
        for _ in 1 2 3 4 5; do
            sleep 1
            kill -0 "$mortal_child" || break
        done
        kill -9 "$mortal_child"
        [ -z "$mortal_folder" ] || rm -rf "$mortal_folder"
    } </dev/null >/dev/null 2>&1 &
    mortal_watcher=$!
    mortal_status=0
    wait "$mortal_child" || mortal_status=$?
    kill -9 "$mortal_watcher"
    # Some shells tell of a job that was killed.
    wait "$mortal_watcher" 2>/dev/null || :
    return "$mortal_status"
}
