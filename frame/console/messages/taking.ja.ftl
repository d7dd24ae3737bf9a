taking-title = ファイルでの取出し
taking-needs = 情報の持出しの許可が要ります
taking-needs-text = 名簿や記録簿をファイルで取り出すには、今有効な「情報の持出し」の許可が要ります。
taking-apply = 情報の持出しを申請する
taking-safe = 何も取り出していません。許可を受けてから、もう一度この画面で取り出してください。
taking-back = 一覧に戻る
